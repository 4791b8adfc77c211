/**
 * Marks of candidates (planet, not planet, unsure) and notes, stored in the browser.
 *
 * The index and the pages of the candidates share this file. Every mark is one entry of
 * localStorage. Browsers let other local files read and write these entries, so they are
 * checked when they are read.
 *
 *   open(table)             storage of the marks of one table:
 *     .read(star, number)           {mark, note}; empty strings if there are none
 *     .write(star, number, entry)   store {mark, note}, or remove it if both are empty
 *     .available()                  false if marks are lost when the page is closed
 *     .setOrder(pages)              store the pages of the rows in the order of the index
 *     .order()                      these pages; [] if another index has stored its pages since,
 *                                   null if there are no stored pages
 *     .onChange(callback)           call back after a mark was changed in another tab
 *   bindControls(element, storage, lost, changed)  connect the buttons and the note of marks.html;
 *                           `lost` is the message if marks cannot be stored
 *   reloads(storage)        reload a page that has lost its storage; true if it is reloaded
 *   LINKED                  fragment of links between pages that store the order
 *   startPage(element)      connect the panel of a candidate's page and its keys
 *   isTyping(event)         whether a key belongs to a form field or to the browser
 */
const candidateMarks = (() => {
  "use strict";
  const MARKS = ["planet", "not planet", "unsure"];
  const KEYS = { p: "planet", n: "not planet", u: "unsure", x: "" };
  const ORDER = "astronet:order"; // one order for all tables, because the storage is small
  const LINKED = "#linked"; // the page with the link has stored the order
  const RELOADED = "#reloaded";
  const LOST =
    "This browser does not store marks: mark candidates in the index and export the marks.";
  const SEPARATE =
    "This browser stores the marks of each local file separately, so the index does not show " +
    "the marks of this page. Serve the folder over HTTP or use another browser.";

  function open(table) {
    const prefix = `astronet:${table}:`;
    const unsaved = new Map(); // entries that localStorage does not accept
    let available = true;
    const get = (key) => {
      try {
        return unsaved.get(key) ?? window.localStorage.getItem(key);
      } catch {
        return null;
      }
    };
    const set = (key, text) => {
      try {
        if (text === null) window.localStorage.removeItem(key);
        else window.localStorage.setItem(key, text);
        unsaved.delete(key);
      } catch {
        unsaved.set(key, text);
        available = false;
      }
    };
    const parse = (text) => {
      try {
        return JSON.parse(text);
      } catch {
        return null;
      }
    };
    const keyOf = (star, number) => prefix + JSON.stringify([String(star), Number(number)]);
    set(`${prefix}test`, "1");
    set(`${prefix}test`, null);
    unsaved.clear();
    return {
      available: () => available,
      read(star, number) {
        const { mark, note } = parse(get(keyOf(star, number))) ?? {};
        return {
          mark: MARKS.includes(mark) ? mark : "",
          note: typeof note === "string" ? note : "",
        };
      },
      write(star, number, { mark, note }) {
        set(keyOf(star, number), mark || note ? JSON.stringify({ mark, note }) : null);
      },
      order() {
        const stored = parse(get(ORDER));
        if (!Array.isArray(stored?.pages)) return null;
        return stored.table === table ? stored.pages : [];
      },
      setOrder(pages) {
        const before = available;
        set(ORDER, JSON.stringify({ table, pages }));
        available = before; // a storage without space for the order may have space for marks
      },
      onChange(callback) {
        window.addEventListener("storage", (event) => {
          if (event.key === null || event.key.startsWith(prefix + "[")) callback();
        });
      },
    };
  }

  function bindControls(element, storage, lost, changed = () => {}) {
    const buttons = [...element.querySelectorAll("button[data-mark]")];
    const field = element.querySelector("textarea");
    let star = "";
    let number = 0;
    const update = () => {
      const { mark } = storage.read(star, number);
      for (const button of buttons) {
        button.setAttribute("aria-pressed", String(button.dataset.mark === mark));
      }
      const warning = element.querySelector(".marks-warning");
      warning.textContent ||= storage.available() ? "" : lost;
    };
    const write = (mark, note) => {
      storage.write(star, number, { mark, note });
      update();
      changed();
    };
    const setMark = (mark) => write(mark, storage.read(star, number).note);
    for (const button of buttons) {
      const pressed = () => button.getAttribute("aria-pressed") === "true";
      button.addEventListener("click", () => setMark(pressed() ? "" : button.dataset.mark));
    }
    field.addEventListener("input", () => write(storage.read(star, number).mark, field.value));
    field.addEventListener("keydown", (event) => {
      if (event.key === "Escape") field.blur();
    });
    return {
      setMark,
      show(newStar, newNumber) {
        [star, number] = [newStar, newNumber];
        field.value = storage.read(star, number).note;
        update();
      },
    };
  }

  /**
   * Reload a page once if it lacks the order that the page before it has stored.
   *
   * A busy Chromium sometimes opens a page in a new process without a connection to its
   * storage: the page finds nothing there, and the marks that it writes are lost. A reloaded page
   * is connected. Browsers that separate local files find no order after the reload either.
   */
  function reloads(storage) {
    if (!storage.available() || storage.order() !== null) return false;
    if (window.location.hash !== LINKED) return false;
    window.location.replace(RELOADED);
    window.location.reload();
    return true;
  }

  function startPage(element) {
    const { table, star, number, page } = element.dataset;
    const storage = open(table);
    if (reloads(storage)) return;
    const controls = bindControls(element, storage, LOST);
    const show = () => controls.show(star, number);
    const link = (name) => element.querySelector(`a[data-link="${name}"]`);
    const order = storage.order();
    const place = order?.indexOf(page) ?? -1;
    if (place >= 0) {
      aim(link("previous"), order[place - 1], link("index").href);
      aim(link("next"), order[place + 1], link("index").href);
      link("index").hash = LINKED;
    } else if (order === null && window.location.hash === RELOADED && storage.available()) {
      element.querySelector(".marks-warning").textContent = SEPARATE;
      for (const name of ["previous", "next"]) if (link(name).href) link(name).hash = RELOADED;
    }
    show();
    storage.onChange(show);
    window.addEventListener("pageshow", (event) => event.persisted && show());
    const links = { j: "next", ArrowRight: "next", k: "previous", ArrowLeft: "previous" };
    links.i = "index";
    document.addEventListener("keydown", (event) => {
      if (isTyping(event)) return;
      if (Object.hasOwn(KEYS, event.key)) controls.setMark(KEYS[event.key]);
      else if (Object.hasOwn(links, event.key) && link(links[event.key]).href) {
        link(links[event.key]).click();
      } else return;
      event.preventDefault();
    });
  }

  /** Point a link to a page of the index's order; a link without a page has no address. */
  function aim(link, page, index) {
    const url = page === undefined ? null : new URL(page, index);
    const { protocol, host } = window.location;
    if (url?.protocol === protocol && url.host === host) {
      url.hash = LINKED;
      link.href = url.href;
    } else link.removeAttribute("href");
  }

  function isTyping(event) {
    const field = event.target instanceof Element && event.target.closest("input,textarea,select");
    return event.ctrlKey || event.altKey || event.metaKey || Boolean(field);
  }

  return { MARKS, KEYS, LINKED, open, reloads, bindControls, startPage, isTyping };
})();
