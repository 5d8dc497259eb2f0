// Each figure has a light and a dark file; show the one of the page's theme.
const frames = document.querySelectorAll("iframe[data-figure]");
const show = () => {
  const dark = document.documentElement.dataset.theme === "dark";
  for (const frame of frames) {
    const wanted = `${frame.dataset.figure}.${dark ? "dark" : "light"}.html`;
    if (frame.getAttribute("src") !== wanted) frame.src = wanted;
  }
};
new MutationObserver(show).observe(document.documentElement, { attributeFilter: ["data-theme"] });
show();

// The theme's search button is named "Search" and says "Search Ctrl+K": its name is what it says.
for (const button of document.querySelectorAll(".search-button-field[aria-label]")) {
  button.removeAttribute("aria-label");
}
