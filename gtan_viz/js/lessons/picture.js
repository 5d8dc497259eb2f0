// Pictures of lessons are SVG: they print, save and are read aloud. A picture is drawn anew at every
// change of its state; what has the focus keeps it.

const SVG = "http://www.w3.org/2000/svg";
const RADIUS = 8; // of a dot that can be moved

/**
 * @typedef {Record<string, string | number | undefined>} Attributes
 * @typedef {ReturnType<typeof createPicture>} Picture
 */

/**
 * @param {string} tag @param {Attributes} attributes @param {...(Node | string)} children
 * @returns {SVGElement}
 */
export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) node.setAttribute(name, String(value));
  }
  node.append(...children);
  return node;
}

/** @param {number} width @param {number} height in units of the picture, which scales with the page */
export function createPicture(width, height) {
  const root = svg("svg", {
    viewBox: `0 0 ${width} ${height}`,
    role: "group", // an image may hold nothing that can be moved
    class: "gl-picture",
    preserveAspectRatio: "xMidYMid meet",
  });
  /** A pointer's place in units of the picture. @param {PointerEvent} event */
  function placeOf(event) {
    const box = root.getBoundingClientRect();
    return {
      x: ((event.clientX - box.left) / box.width) * width,
      y: ((event.clientY - box.top) / box.height) * height,
    };
  }
  return { root, width, height, placeOf };
}

/**
 * From values to units: `x(v)` and back `x.of(u)`.
 *
 * @param {number} from @param {number} to @param {number} left @param {number} right
 */
export function scale(from, to, left, right) {
  const of = (/** @type {number} */ u) => from + ((u - left) / (right - left)) * (to - from);
  const at = (/** @type {number} */ v) => left + ((v - from) / (to - from)) * (right - left);
  return Object.assign(at, { of, from, to, left, right });
}

/**
 * A bar for each cell, up or down from the zero line, and that line.
 *
 * @param {ReturnType<typeof scale>} x from the first cell on @param {ReturnType<typeof scale>} y
 * @param {Float64Array} bars a value for each cell
 */
export function signedBars(x, y, bars) {
  return [
    ...Array.from(bars, (value, i) =>
      svg("rect", {
        x: x(x.from + i + 0.12),
        width: x(0.76) - x(0),
        y: Math.min(y(value), y(0)),
        height: Math.abs(y(value) - y(0)),
        class: value < 0 ? "gl-bar gl-second" : "gl-bar gl-first",
      }),
    ),
    svg("line", { x1: x.left, x2: x.right, y1: y(0), y2: y(0), class: "gl-base" }),
  ];
}

/** @param {[number, number][]} points @param {Attributes} attributes */
export const curve = (points, attributes) =>
  svg("path", {
    d: points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(2)} ${y.toFixed(2)}`).join(""),
    fill: "none",
    ...attributes,
  });

/** @param {number} x @param {number} y @param {string} text @param {Attributes} attributes */
export const label = (x, y, text, attributes = {}) => svg("text", { x, y, ...attributes }, text);

/**
 * A line with numbers under it.
 *
 * @param {ReturnType<typeof scale>} x @param {number} y @param {number[]} ticks
 * @param {{name?: string, tell?: (value: number) => string}} words
 */
export function axis(x, y, ticks, { name = "", tell = String } = {}) {
  return svg(
    "g",
    { class: "gl-axis" },
    svg("line", { x1: x.left, x2: x.right, y1: y, y2: y }),
    ...ticks.flatMap((tick) => [
      svg("line", { x1: x(tick), x2: x(tick), y1: y, y2: y + 4 }),
      label(x(tick), y + 16, tell(tick), { "text-anchor": "middle" }),
    ]),
    label((x.left + x.right) / 2, y + 32, name, { "text-anchor": "middle" }),
  );
}

/**
 * A dot to be dragged, or moved by the arrow keys: a slider for those who hear it.
 *
 * @param {Picture} picture
 * @param {{key: string, name: string, x: number, y: number, value: number, min: number, max: number,
 *   step: number, text: string, vertical?: boolean, beside?: -1 | 0 | 1, to: (value: number) => void,
 *   valueAt: (place: {x: number, y: number}) => number}} handle `key` names it among all of the picture;
 *   `beside`: left or right of what it moves, which may be too short to be seen under the dot
 */
export function handle(picture, { key, name, x, y, value, min, max, step, text, ...rest }) {
  const { to, valueAt, vertical = false, beside = 0 } = rest;
  let now = value; // keys may come faster than frames
  const set = (/** @type {number} */ next) => to((now = Math.min(max, Math.max(min, next))));
  const node = svg("circle", {
    cx: x + beside * RADIUS,
    cy: y,
    r: RADIUS,
    class: "gl-handle",
    tabindex: 0,
    role: "slider",
    "data-key": key,
    "aria-label": name,
    "aria-valuemin": min,
    "aria-valuemax": max,
    "aria-valuenow": Number(value.toPrecision(6)),
    "aria-valuetext": text,
    "aria-orientation": vertical ? "vertical" : "horizontal",
  });
  node.addEventListener("keydown", (event) => {
    const by = {
      ArrowRight: 1,
      ArrowUp: 1,
      ArrowLeft: -1,
      ArrowDown: -1,
      PageUp: 10,
      PageDown: -10,
    }[event.key];
    const end = { Home: min, End: max }[event.key];
    if (by === undefined && end === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    set(end ?? now + Number(by) * step);
  });
  node.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    // The dot is drawn anew while it moves; the picture stays.
    const root = picture.root;
    root.setPointerCapture(event.pointerId);
    const move = (/** @type {PointerEvent} */ moved) => {
      const place = picture.placeOf(moved);
      set(valueAt({ x: place.x - beside * RADIUS, y: place.y }));
    };
    const end = () => {
      root.removeEventListener("pointermove", move);
      root.removeEventListener("pointerup", end);
      root.removeEventListener("pointercancel", end);
    };
    root.addEventListener("pointermove", move);
    root.addEventListener("pointerup", end);
    root.addEventListener("pointercancel", end);
    /** @type {?SVGElement} */ (root.querySelector(`[data-key="${key}"]`))?.focus();
  });
  return node;
}

/** The picture's new content; the dot that had the focus has it again. @param {Picture} picture @param {(Node | string)[]} children */
export function redraw({ root }, children) {
  const active = root.getRootNode() instanceof Document ? document.activeElement : null;
  const key = active && root.contains(active) ? active.getAttribute("data-key") : null;
  root.replaceChildren(...children);
  if (key) /** @type {?SVGElement} */ (root.querySelector(`[data-key="${key}"]`))?.focus();
}

/**
 * A thing in the picture that can be pressed, by mouse or key: a box to be ticked, or one of several.
 *
 * @param {SVGElement} node
 * @param {{key: string, name: string, role?: 'checkbox' | 'radio', on: boolean, press: () => void}} what
 */
export function pressable(node, { key, name, role = "checkbox", on, press }) {
  const attributes = { tabindex: 0, role, "data-key": key, "aria-label": name, "aria-checked": on };
  for (const [attribute, value] of Object.entries(attributes)) {
    node.setAttribute(attribute, String(value));
  }
  node.classList.add("gl-press");
  node.addEventListener("click", () => {
    press();
  });
  node.addEventListener("keydown", (event) => {
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    event.stopPropagation();
    press();
  });
  return node;
}
