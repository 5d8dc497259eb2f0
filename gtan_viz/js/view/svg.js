// A drawing context that writes SVG: as much of a canvas's context as the explorer's panels use, so
// that every panel is drawn by the same code on screen and in a file.

const escape = (text) =>
  String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
const r = (value) => Math.round(value * 100) / 100;

export class SvgContext {
  constructor() {
    this.parts = [];
    this.clips = 0;
    this.stack = [];
    this.state = {
      fillStyle: "#000", strokeStyle: "#000", lineWidth: 1, globalAlpha: 1, font: "11px sans-serif",
      textAlign: "left", textBaseline: "alphabetic", dash: [], x: 0, y: 0, groups: 0,
      lineJoin: "miter", lineCap: "butt",
    };
    this.path = [];
    this.measure = document.createElement("canvas").getContext("2d");
    for (const name of Object.keys(this.state)) {
      if (name in this) continue;
      Object.defineProperty(this, name, {
        get: () => this.state[name],
        set: (value) => {
          this.state[name] = value;
        },
      });
    }
  }

  save() {
    this.stack.push({ ...this.state });
    this.state.groups = 0;
  }

  restore() {
    for (let i = 0; i < this.state.groups; i++) this.parts.push("</g>");
    this.state = this.stack.pop();
  }

  translate(x, y) {
    this.state.x += x;
    this.state.y += y;
  }

  beginPath() {
    this.path = [];
  }

  moveTo(x, y) {
    this.path.push(`M${r(x + this.state.x)} ${r(y + this.state.y)}`);
  }

  lineTo(x, y) {
    this.path.push(`${this.path.length ? "L" : "M"}${r(x + this.state.x)} ${r(y + this.state.y)}`);
  }

  closePath() {
    this.path.push("Z");
  }

  rect(x, y, w, h) {
    this.moveTo(x, y);
    this.lineTo(x + w, y);
    this.lineTo(x + w, y + h);
    this.lineTo(x, y + h);
    this.closePath();
  }

  roundRect(x, y, w, h) {
    this.rect(x, y, w, h);
  }

  quadraticCurveTo(cx, cy, x, y) {
    const s = this.state;
    this.path.push(`Q${r(cx + s.x)} ${r(cy + s.y)} ${r(x + s.x)} ${r(y + s.y)}`);
  }

  arc(x, y, radius) {
    // Whole circles only: that is all the panels draw.
    const cx = x + this.state.x;
    const cy = y + this.state.y;
    const R = r(radius);
    this.path.push(
      `M${r(cx - radius)} ${r(cy)}a${R} ${R} 0 1 0 ${r(2 * radius)} 0` +
        `a${R} ${R} 0 1 0 ${r(-2 * radius)} 0Z`,
    );
  }

  fill() {
    this.#emit(`fill="${escape(this.state.fillStyle)}"`);
  }

  stroke() {
    const s = this.state;
    const dash = s.dash.length ? ` stroke-dasharray="${s.dash.join(" ")}"` : "";
    this.#emit(
      `fill="none" stroke="${escape(s.strokeStyle)}" stroke-width="${r(s.lineWidth)}"${dash}`,
    );
  }

  #emit(attributes) {
    if (!this.path.length) return;
    const alpha = this.state.globalAlpha < 1 ? ` opacity="${r(this.state.globalAlpha)}"` : "";
    this.parts.push(`<path d="${this.path.join("")}" ${attributes}${alpha}/>`);
  }

  clip() {
    const id = `gx-clip-${this.clips++}`;
    this.parts.push(`<clipPath id="${id}"><path d="${this.path.join("")}"/></clipPath>`);
    this.parts.push(`<g clip-path="url(#${id})">`);
    this.state.groups++;
  }

  fillRect(x, y, w, h) {
    this.#box(x, y, w, h, `fill="${escape(this.state.fillStyle)}"`);
  }

  strokeRect(x, y, w, h) {
    const s = this.state;
    const dash = s.dash.length ? ` stroke-dasharray="${s.dash.join(" ")}"` : "";
    this.#box(
      x, y, w, h,
      `fill="none" stroke="${escape(s.strokeStyle)}" stroke-width="${r(s.lineWidth)}"${dash}`,
    );
  }

  #box(x, y, w, h, attributes) {
    const s = this.state;
    const alpha = s.globalAlpha < 1 ? ` opacity="${r(s.globalAlpha)}"` : "";
    const left = Math.min(x, x + w) + s.x;
    const top = Math.min(y, y + h) + s.y;
    this.parts.push(
      `<rect x="${r(left)}" y="${r(top)}" width="${r(Math.abs(w))}" ` +
        `height="${r(Math.abs(h))}" ${attributes}${alpha}/>`,
    );
  }

  clearRect() {}

  setLineDash(dash) {
    this.state.dash = dash;
  }

  measureText(text) {
    this.measure.font = this.state.font;
    return this.measure.measureText(text);
  }

  fillText(text, x, y) {
    const s = this.state;
    const anchor = { left: "start", center: "middle", right: "end" }[s.textAlign] ?? "start";
    const base = { middle: "central", top: "hanging" }[s.textBaseline] ?? "auto";
    this.parts.push(
      `<text x="${r(x + s.x)}" y="${r(y + s.y)}" style="font:${escape(s.font)}" ` +
        `fill="${escape(s.fillStyle)}" text-anchor="${anchor}" dominant-baseline="${base}"` +
        `${s.globalAlpha < 1 ? ` opacity="${r(s.globalAlpha)}"` : ""}>${escape(text)}</text>`,
    );
  }

  drawImage(image, ...box) {
    const [x, y, w, h] = box.length === 8 ? box.slice(4) : box;
    let url = image;
    if (box.length === 8) {
      const [sx, sy, sw, sh] = box;
      url = document.createElement("canvas");
      url.width = Math.max(1, Math.round(sw));
      url.height = Math.max(1, Math.round(sh));
      url.getContext("2d").drawImage(image, sx, sy, sw, sh, 0, 0, url.width, url.height);
    }
    this.parts.push(
      `<image x="${r(x + this.state.x)}" y="${r(y + this.state.y)}" width="${r(w)}" ` +
        `height="${r(h)}" preserveAspectRatio="none" style="image-rendering:pixelated" ` +
        `href="${url.toDataURL()}"/>`,
    );
  }

  document(width, height, background) {
    return (
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ` +
      `viewBox="0 0 ${width} ${height}"><rect width="100%" height="100%" ` +
      `fill="${escape(background)}"/>${this.parts.join("")}</svg>`
    );
  }
}
