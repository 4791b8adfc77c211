"use strict";
// Draws the figures of a page, and adapts their colours to light and dark pages and to print.
// `figures.ready` is a promise that is fulfilled when all figures have been drawn. Other scripts
// of the page then find Bokeh's objects with `figures.model(name)`.
const figures = (() => {
  const PRINTED = 680; // width of a printed page without margins [px]
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const light = new Map(); // colours on a light page, by object and property
  let views = [], bokeh = null, printing = false;

  const data = (name) => JSON.parse(document.getElementById(`data-${name}`).textContent);
  const container = (name) => document.querySelector(`[data-figure="${name}"]`);
  const model = (name) => bokeh.get_model_by_name(name);

  async function load() {
    const text = atob(document.getElementById("bokeh").textContent);
    const bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    const script = document.createElement("script");
    script.textContent = await new Response(stream).text(); // allowed by its hash
    document.head.append(script);
    Bokeh.logger.set_level("warn");
  }

  async function draw() {
    await load();
    const { document: content, roots } = data("figures");
    const places = {}, ids = [];
    for (const [name, id] of Object.entries(roots)) {
      if (container(name) === null) continue;
      places[id] = container(name);
      ids.push(id);
    }
    if (ids.length === 0) return;
    const found = await Bokeh.embed.embed_items(
      { page: content }, [{ docid: "page", roots: places, root_ids: ids }]);
    bokeh = Bokeh.documents[Bokeh.documents.length - 1];
    views = [...found[0]].filter((view) => typeof view.paint === "function");
    remember();
    paint();
    if (matchMedia("(pointer: coarse)").matches) {
      // A finger scrolls the page; it zooms after the tool has been selected.
      for (const { model } of views) model.toolbar.active_drag = null;
      for (const one of bokeh.all_models) if (one.type === "BoxZoomTool") one.active = false;
    }
    if (!bokeh.is_idle) await new Promise((done) => bokeh.idle.connect(() => done()));
  }

  function remember() {
    const known = data("dark");
    for (const one of bokeh.all_models) {
      for (const property of one) {
        if (!property.attr.endsWith("color")) continue;
        const value = property.get_value();
        const colour = value?.value ?? value;
        if (!(colour in known)) continue;
        if (!light.has(one)) light.set(one, []);
        light.get(one).push([property.attr, colour, known[colour]]);
      }
    }
  }

  function paint() {
    const column = dark.matches && !printing ? 2 : 1;
    for (const [one, properties] of light) {
      one.setv(Object.fromEntries(properties.map((row) => [row[0], row[column]])));
    }
  }

  // Repaint at once, because printing does not wait.
  function repaint(view) {
    for (const child of view.children?.() ?? []) child.set_visuals?.();
    view.invalidate_painters?.();
    (view.repaint ?? view.paint).call(view);
  }

  function print(started) {
    printing = started;
    paint();
    for (const view of views) {
      if (started) repaint(view);
      const width = view.el.offsetWidth;
      view.el.style.zoom = started && width > PRINTED ? PRINTED / width : "";
    }
  }

  // Hide or show the data of an entry of a legend.
  function toggle(button) {
    const shown = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", shown);
    for (const one of bokeh?.all_models ?? []) {
      if (one.tags?.includes(button.dataset.entry)) one.visible = shown;
    }
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-entry]");
    if (button !== null) toggle(button);
  });
  dark.addEventListener("change", paint);
  addEventListener("beforeprint", () => print(true));
  addEventListener("afterprint", () => print(false));
  const ready = draw().catch((error) => {
    document.documentElement.classList.add("without-figures");
    throw error;
  });
  return { ready, data, model };
})();
