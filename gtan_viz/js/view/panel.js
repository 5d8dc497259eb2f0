// A canvas that knows its size in CSS pixels, redraws when what it shows has changed (if it is out of
// sight: when it comes into sight), and can draw itself into any other context (a picture file).

export const FONT = "11px system-ui, -apple-system, 'Segoe UI', sans-serif";
export const BOLD = `600 ${FONT}`;

// `height` is a number or a function of nothing; `deps` the names of the state that it draws.
export function canvasPanel(store, { label, height, deps, draw, className = "" }) {
  const canvas = document.createElement("canvas");
  canvas.className = `gx-canvas ${className}`;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", label);
  const ctx = canvas.getContext("2d", { alpha: false }); // opaque: nothing to blend with the page
  let width = 0;
  let dirty = true;
  let inSight = true;

  const tall = () => (typeof height === "function" ? height() : height);

  function paint(target = ctx, w = width, state = store.state) {
    target.font = FONT;
    target.textBaseline = "middle";
    target.textAlign = "left";
    target.lineWidth = 1;
    target.globalAlpha = 1;
    target.setLineDash([]);
    draw(target, w, tall(), state);
  }

  function redraw() {
    const css = `${tall()}px`;
    if (canvas.style.height !== css) canvas.style.height = css;
    dirty = !width || !inSight;
    if (dirty) return;
    const ratio = Math.min(globalThis.devicePixelRatio || 1, 2);
    const w = Math.round(width * ratio);
    const h = Math.round(tall() * ratio);
    if (canvas.width !== w || canvas.height !== h) {
      canvas.width = w;
      canvas.height = h;
    }
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.globalAlpha = 1;
    ctx.fillStyle = store.state.colors.panel ?? "#fff";
    ctx.fillRect(0, 0, width, tall());
    paint();
  }

  const observer = new ResizeObserver(([entry]) => {
    const now = Math.floor(entry.contentRect.width);
    if (now !== width || dirty) {
      width = now;
      if (width) redraw();
    }
  });
  canvas.style.height = `${tall()}px`;
  observer.observe(canvas);
  // A quarter of a screen early, so that scrolling shows no old picture.
  const margin = "25%";
  const sight = new IntersectionObserver(
    (entries) => {
      inSight = entries[entries.length - 1].isIntersecting;
      if (inSight && dirty && width) redraw();
    },
    { rootMargin: margin, scrollMargin: margin },
  );
  sight.observe(canvas);

  const wanted = new Set([...deps, "colors"]);
  store.listen((changed) => {
    for (const name of changed) {
      if (wanted.has(name)) {
        redraw();
        return;
      }
    }
  });

  return {
    canvas,
    redraw,
    paint,
    get width() {
      return width;
    },
    get height() {
      return tall();
    },
    stop() {
      observer.disconnect();
      sight.disconnect();
    },
  };
}

// Draws what seldom changes once, and copies it from then on: a slider's frame then pays only for what
// follows the slider. `key` holds all that the picture depends on, compared by identity. `store` is an
// object that keeps the copy (one per panel).
export function unchanging(ctx, width, height, key, store, draw) {
  if (!ctx.canvas) {
    draw(ctx); // a picture file
    return;
  }
  const ratio = ctx.getTransform().a;
  const whole = [...key, width, height, ratio];
  if (!store.key || store.key.some((one, i) => one !== whole[i])) {
    store.key = whole;
    store.canvas ??= document.createElement("canvas");
    store.canvas.width = Math.round(width * ratio);
    store.canvas.height = Math.round(height * ratio);
    const on = store.canvas.getContext("2d", { alpha: false });
    on.setTransform(ratio, 0, 0, ratio, 0, 0);
    on.fillStyle = store.background ?? "#fff";
    on.fillRect(0, 0, width, height);
    on.font = FONT;
    on.textBaseline = "middle";
    draw(on);
  }
  ctx.drawImage(store.canvas, 0, 0, width, height);
}

// Diagonal lines: a second way, beside colour, to say "background" or "what-if".
export function hatch(ctx, x, y, w, h, apart = 5) {
  ctx.save();
  ctx.beginPath();
  ctx.rect(x, y, w, h);
  ctx.clip();
  ctx.beginPath();
  for (let at = x - h; at < x + w; at += apart) {
    ctx.moveTo(at, y + h);
    ctx.lineTo(at + h, y);
  }
  ctx.stroke();
  ctx.restore();
}

// A dashed frame. Stroking with a dash is the slowest thing a canvas does, and a what-if draws
// hundreds of these, so the dash is a pattern of five pixels.
const dashes = new Map();
export function dashedBox(ctx, x, y, w, h, color) {
  if (!ctx.createPattern) {
    ctx.strokeStyle = color;
    ctx.lineWidth = 1.2;
    ctx.setLineDash([3, 2]);
    ctx.strokeRect(x + 0.5, y + 0.5, Math.max(0.5, w - 1), Math.max(0.5, h - 1));
    ctx.setLineDash([]);
    return;
  }
  let dash = dashes.get(color);
  if (!dash) {
    const tile = document.createElement("canvas");
    tile.width = 5;
    tile.height = 1;
    const on = tile.getContext("2d");
    on.fillStyle = color;
    on.fillRect(0, 0, 3, 1);
    dash = ctx.createPattern(tile, "repeat");
    dashes.set(color, dash);
  }
  const [left, top, wide, tall] = [Math.round(x), Math.round(y), Math.max(1, Math.round(w)), Math.round(h)];
  ctx.fillStyle = dash;
  ctx.fillRect(left, top, wide, 1);
  ctx.fillRect(left, top + tall - 1, wide, 1);
  ctx.fillStyle = color;
  ctx.fillRect(left, top, 1, tall);
  ctx.fillRect(left + wide - 1, top, 1, tall);
}

export function line(ctx, x0, y0, x1, y1) {
  ctx.beginPath();
  ctx.moveTo(x0, y0);
  ctx.lineTo(x1, y1);
  ctx.stroke();
}

export function dot(ctx, x, y, radius, filled = true) {
  ctx.beginPath();
  ctx.arc(x, y, radius, 0, 2 * Math.PI);
  if (filled) ctx.fill();
  else ctx.stroke();
}

export function element(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null) continue;
    if (name === "class") node.className = value;
    else if (name === "text") node.textContent = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name in node && name !== "list" && name !== "type") node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}
