// A drawing context that writes SVG: as much of a canvas's context as the explorer's panels use, so
// that every panel is drawn by the same code on screen and in a file.

import { contextOf } from "./draw.js";

/** @param {string} text */
const escapeXml = (text) => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
/** @param {number} value */
const r = (value) => Math.round(value * 100) / 100;

/** What `save` keeps; `groups` are the clips to close at `restore`. */
const FRESH = {
  fillStyle: "#000",
  strokeStyle: "#000",
  lineWidth: 1,
  globalAlpha: 1,
  font: "11px sans-serif",
  textAlign: "left",
  textBaseline: "alphabetic",
  dash: /** @type {number[]} */ ([]),
  x: 0,
  y: 0,
  groups: 0,
};

export class SvgContext {
  /** @type {string[]} */
  parts = [];
  clips = 0;
  /** @type {(typeof FRESH)[]} */
  stack = [];
  state = { ...FRESH };
  /** @type {string[]} */
  path = [];
  measure = contextOf(document.createElement("canvas"));

  constructor() {
    for (const name of /** @type {(keyof typeof FRESH)[]} */ (Object.keys(FRESH))) {
      Object.defineProperty(this, name, {
        get: () => this.state[name],
        set: (value) => Object.assign(this.state, { [name]: value }),
      });
    }
  }

  save() {
    this.stack.push({ ...this.state });
    this.state.groups = 0;
  }

  restore() {
    for (let i = 0; i < this.state.groups; i++) this.parts.push("</g>");
    this.state = this.stack.pop() ?? { ...FRESH };
  }

  /** @param {number} x @param {number} y */
  translate(x, y) {
    this.state.x += x;
    this.state.y += y;
  }

  beginPath() {
    this.path = [];
  }

  /** @param {number} x @param {number} y */
  moveTo(x, y) {
    this.path.push(`M${r(x + this.state.x)} ${r(y + this.state.y)}`);
  }

  /** @param {number} x @param {number} y */
  lineTo(x, y) {
    this.path.push(`${this.path.length ? "L" : "M"}${r(x + this.state.x)} ${r(y + this.state.y)}`);
  }

  closePath() {
    this.path.push("Z");
  }

  /** @param {number} x @param {number} y @param {number} w @param {number} h */
  rect(x, y, w, h) {
    this.moveTo(x, y);
    this.lineTo(x + w, y);
    this.lineTo(x + w, y + h);
    this.lineTo(x, y + h);
    this.closePath();
  }

  /** @param {number} x @param {number} y @param {number} radius */
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
    this.#emit(`fill="${escapeXml(this.state.fillStyle)}"`);
  }

  stroke() {
    const s = this.state;
    const dash = s.dash.length ? ` stroke-dasharray="${s.dash.join(" ")}"` : "";
    this.#emit(
      `fill="none" stroke="${escapeXml(s.strokeStyle)}" stroke-width="${r(s.lineWidth)}"${dash}`,
    );
  }

  /** @param {string} attributes */
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

  /** @param {number} x @param {number} y @param {number} w @param {number} h */
  fillRect(x, y, w, h) {
    this.#box(x, y, w, h, `fill="${escapeXml(this.state.fillStyle)}"`);
  }

  /** @param {number} x @param {number} y @param {number} w @param {number} h */
  strokeRect(x, y, w, h) {
    const s = this.state;
    const dash = s.dash.length ? ` stroke-dasharray="${s.dash.join(" ")}"` : "";
    this.#box(
      x,
      y,
      w,
      h,
      `fill="none" stroke="${escapeXml(s.strokeStyle)}" stroke-width="${r(s.lineWidth)}"${dash}`,
    );
  }

  /**
   * @param {number} x @param {number} y @param {number} w @param {number} h
   * @param {string} attributes
   */
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

  /** @param {number[]} dash */
  setLineDash(dash) {
    this.state.dash = dash;
  }

  /** @param {string} text */
  measureText(text) {
    this.measure.font = this.state.font;
    return this.measure.measureText(text);
  }

  /** @param {string} text @param {number} x @param {number} y */
  fillText(text, x, y) {
    const s = this.state;
    const anchor = { left: "start", center: "middle", right: "end" }[s.textAlign] ?? "start";
    const base = { middle: "central", top: "hanging" }[s.textBaseline] ?? "auto";
    this.parts.push(
      `<text x="${r(x + s.x)}" y="${r(y + s.y)}" style="font:${escapeXml(s.font)}" ` +
        `fill="${escapeXml(s.fillStyle)}" text-anchor="${anchor}" dominant-baseline="${base}"` +
        `${s.globalAlpha < 1 ? ` opacity="${r(s.globalAlpha)}"` : ""}>${escapeXml(text)}</text>`,
    );
  }

  /**
   * A part of an image, as far as the panels use it.
   *
   * @param {HTMLCanvasElement} image @param {number} sx @param {number} sy @param {number} sw
   * @param {number} sh @param {number} x @param {number} y @param {number} w @param {number} h
   */
  drawImage(image, sx, sy, sw, sh, x, y, w, h) {
    const part = document.createElement("canvas");
    part.width = Math.max(1, Math.round(sw));
    part.height = Math.max(1, Math.round(sh));
    contextOf(part).drawImage(image, sx, sy, sw, sh, 0, 0, part.width, part.height);
    this.parts.push(
      `<image x="${r(x + this.state.x)}" y="${r(y + this.state.y)}" width="${r(w)}" ` +
        `height="${r(h)}" preserveAspectRatio="none" style="image-rendering:pixelated" ` +
        `href="${part.toDataURL()}"/>`,
    );
  }

  /** @param {number} width @param {number} height @param {string} background */
  document(width, height, background) {
    return (
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ` +
      `viewBox="0 0 ${width} ${height}"><rect width="100%" height="100%" ` +
      `fill="${escapeXml(background)}"/>${this.parts.join("")}</svg>`
    );
  }
}
