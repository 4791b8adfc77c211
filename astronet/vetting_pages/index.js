/**
 * Table of candidates: sorting, filters, search and selection.
 *
 *   rows                all rows in the order of the table, with their marks and notes
 *   selected()          selected row, or null
 *   step(by)            select the row that is `by` places after the selected row
 *   setMark(mark)       mark the selected row
 *   refresh()           read all marks again and show the table
 *
 * `#table` contains {id, checks, rows}. All texts come from tables of unknown origin and are
 * inserted as text, never as HTML. Only one part of the table is in the document at a time.
 */
const candidateTable = (() => {
  "use strict";
  const PART = 50; // rows in the document
  const { COLUMNS, valueOf, sorted } = candidateColumns;
  const table = JSON.parse(document.getElementById("table").textContent);
  const storage = candidateMarks.open(table.id);
  candidateMarks.reloads(storage);
  const rows = table.rows.map(asRow);
  const viewKey = `astronet:${table.id}:view`;

  const get = (id) => document.getElementById(id);
  const form = get("filters");
  const body = document.querySelector("#candidates tbody");
  const lost = "This browser does not store marks: export them before you leave this page.";
  const panel = get("selected");
  const controls = candidateMarks.bindControls(panel, storage, lost, () => update(selected));

  let sorting = { column: "", direction: 1 }; // column "": order of the table
  let shown = rows; // rows that pass the filters, in order
  let start = 0; // place in `shown` of the first row in the document
  let selected = null;

  function asRow(values, place) {
    const [page, star, number, period, duration, depth, snr, score, spread] = values;
    const [decision, failed, warned, verdict, label, reason] = values.slice(9);
    const names = (places) => places.map((k) => table.checks[k]);
    return {
      ...{ place, page, star, number, period, duration, depth, snr, score, spread, decision },
      ...{ failed: names(failed), warned: names(warned), verdict, label, reason },
      ...storage.read(star, number),
      text: `${star}\n${verdict}\n${reason}`.toLowerCase(),
    };
  }

  /** Return the conditions that the filters set on a row. */
  function conditions() {
    const value = Object.fromEntries(new FormData(form));
    const found = [];
    const words = value.search.toLowerCase().split(/\s+/).filter(Boolean);
    const text = (row) => row.text + "\n" + row.note.toLowerCase();
    if (words.length) found.push((row) => words.every((word) => text(row).includes(word)));
    if (value.decision) found.push((row) => "=" + row.decision === value.decision);
    const [, state, check] = /^(failed|warned):(.*)$/s.exec(value.check ?? "") ?? [];
    if (state) found.push((row) => row[state].includes(check));
    const within = (name, from, to) => {
      const known = (row) => valueOf(row, name) !== null;
      if (from !== "") found.push((row) => known(row) && valueOf(row, name) >= Number(from));
      if (to !== "") found.push((row) => known(row) && valueOf(row, name) <= Number(to));
    };
    within("failed", value.failedFrom, value.failedTo);
    within("score", value.scoreFrom, value.scoreTo);
    if (value.mark === "note") found.push((row) => row.note !== "");
    else if (value.mark === "unmarked") found.push((row) => row.mark === "");
    else if (value.mark) found.push((row) => row.mark === value.mark);
    if (value.page) found.push((row) => Boolean(row.page) === (value.page === "yes"));
    return found;
  }

  /** Apply filters and sorting, and show the part of the table with the selected row. */
  function apply() {
    const required = conditions();
    shown = sorted(rows.filter((row) => required.every((holds) => holds(row))), rows, sorting);
    const place = shown.indexOf(selected);
    if (place < 0) selected = null;
    storage.setOrder(shown.filter((row) => row.page).map((row) => row.page));
    showPart(Math.max(place, 0));
  }

  /** Show the part of the table that contains a place, or all rows if `count` is large. */
  function showPart(place, count = PART) {
    start = place - (place % PART);
    const end = Math.min(start + count, shown.length);
    body.replaceChildren(...shown.slice(start, end).map(element));
    showCounts();
    const numbers = [start + 1, end, shown.length].map((number) => number.toLocaleString("en"));
    get("range").textContent = shown.length
      ? `Rows ${numbers[0]}–${numbers[1]} of ${numbers[2]}`
      : "No candidate passes the filters";
    get("earlier").disabled = start === 0;
    get("later").disabled = end === shown.length;
    for (const heading of document.querySelectorAll("#candidates th")) {
      const order = sorting.direction > 0 ? "ascending" : "descending";
      const isSorted = heading.dataset.name === sorting.column;
      heading.setAttribute("aria-sort", isSorted ? order : "none");
    }
    markSelected();
    saveView();
  }

  function showCounts() {
    const counts = [shown.length, rows.length, rows.filter((row) => row.mark).length];
    const [some, all, marked] = counts.map((count) => count.toLocaleString("en"));
    get("count").textContent = `${some} of ${all} candidates shown, ${marked} marked`;
  }

  function element(row) {
    const line = document.createElement("tr");
    line.setAttribute("role", "row");
    line.tabIndex = -1;
    line.dataset.place = row.place;
    line.append(...COLUMNS.map((column) => cell(row, column)));
    return line;
  }

  function cell(row, { name, title, text }) {
    const node = document.createElement("td");
    node.setAttribute("role", "cell");
    const value = valueOf(row, name);
    node.className = text ? "number" : name;
    node.dataset.title = title;
    if (name === "star" && row.page) node.append(link(row));
    else if (value !== null) node.textContent = text?.(value) ?? value;
    if (name === "mark") node.dataset.mark = row.mark;
    if (name === "verdict") node.append(...remarks(row));
    if (!node.textContent) node.classList.add("empty");
    return node;
  }

  function link(row) {
    const node = document.createElement("a");
    node.href = row.page + candidateMarks.LINKED;
    node.textContent = row.star;
    return node;
  }

  function remarks(row) {
    const texts = [
      row.page ? "" : `No page: ${row.reason || "unknown reason"}`,
      row.failed.length ? `Failed: ${row.failed.join(", ")}` : "",
      row.warned.length ? `Warnings: ${row.warned.join(", ")}` : "",
      row.note ? `Note: ${row.note}` : "",
    ];
    return texts.filter(Boolean).map((text) => {
      const node = document.createElement("small");
      node.textContent = text;
      return node;
    });
  }

  /** Read the mark and the note of a row, and replace its line in the document. */
  function update(row) {
    Object.assign(row, storage.read(row.star, row.number));
    const line = body.querySelector(`[data-place="${row.place}"]`);
    const isFocused = line?.contains(document.activeElement);
    const replacement = element(row);
    line?.replaceWith(replacement);
    if (isFocused) replacement.focus({ preventScroll: true });
    showCounts();
    markSelected();
  }

  function markSelected() {
    for (const line of body.children) {
      line.setAttribute("aria-current", Number(line.dataset.place) === selected?.place);
    }
    panel.hidden = selected === null;
    const name = selected && `${selected.star} no. ${selected.number}`;
    panel.querySelector("strong").textContent = name ?? "";
  }

  function select(row, { focus = true } = {}) {
    selected = row;
    const place = shown.indexOf(row);
    if (place < start || place >= start + PART) showPart(place);
    controls.show(row.star, row.number);
    markSelected();
    const line = body.querySelector('[aria-current="true"]');
    if (focus) line?.focus({ preventScroll: true });
    line?.scrollIntoView({ block: "nearest" });
    saveView();
  }

  function step(by) {
    const place = shown.indexOf(selected);
    const next = place < 0 ? start : place + by;
    if (next >= 0 && next < shown.length) select(shown[next]);
  }

  function saveView() {
    const filters = Object.fromEntries(new FormData(form));
    const view = JSON.stringify({ filters, sorting, selected: selected?.place ?? null });
    try {
      window.sessionStorage.setItem(viewKey, view);
    } catch {
      // The view is not restored after a visit of another page.
    }
  }

  function restoreView() {
    try {
      const view = JSON.parse(window.sessionStorage.getItem(viewKey));
      for (const [name, value] of Object.entries(view.filters)) form.elements[name].value = value;
      if (COLUMNS.some((column) => column.name === view.sorting.column)) sorting = view.sorting;
      selected = rows[view.selected] ?? null;
    } catch {
      // There is no stored view.
    }
  }

  function sortBy(column) {
    const first = column.first ?? 1;
    if (sorting.column !== column.name) sorting = { column: column.name, direction: first };
    else if (sorting.direction === first) sorting.direction = -first;
    else sorting = { column: "", direction: 1 };
    apply();
  }

  function addHeadings() {
    for (const column of COLUMNS) {
      const heading = document.createElement("th");
      const button = document.createElement("button");
      heading.setAttribute("role", "columnheader");
      heading.scope = "col";
      heading.dataset.name = column.name;
      heading.className = column.text ? "number" : column.name;
      button.type = "button";
      button.textContent = column.title;
      button.addEventListener("click", () => sortBy(column));
      heading.append(button);
      document.querySelector("#candidates thead tr").append(heading);
    }
  }

  function addOptions() {
    const decisions = [...new Set(rows.map((row) => row.decision))].sort();
    const add = (name, text, value) => form.elements[name].append(new Option(text, value));
    for (const decision of decisions) add("decision", decision || "none", "=" + decision);
    for (const state of ["failed", "warned"]) {
      const names = new Set(rows.flatMap((row) => row[state]));
      const word = state === "failed" ? "fails" : "warning";
      for (const name of [...names].sort()) add("check", `${name}: ${word}`, `${state}:${name}`);
    }
  }

  function refresh() {
    for (const row of rows) Object.assign(row, storage.read(row.star, row.number));
    apply();
    if (selected) controls.show(selected.star, selected.number);
  }

  if (!storage.available()) get("message").textContent = lost;
  addHeadings();
  addOptions();
  restoreView();
  apply();
  if (selected) select(selected);
  form.addEventListener("input", apply);
  form.addEventListener("reset", () => setTimeout(apply)); // after the fields have been reset
  form.addEventListener("submit", (event) => event.preventDefault());
  get("earlier").addEventListener("click", () => showPart(start - PART));
  get("later").addEventListener("click", () => showPart(start + PART));
  body.addEventListener("click", ({ target }) => {
    const line = target.closest("tr");
    if (!target.closest("a")) select(rows[line.dataset.place]);
    else selected = rows[line.dataset.place];
    saveView();
  });
  window.addEventListener("beforeprint", () => showPart(0, shown.length));
  window.addEventListener("afterprint", () => showPart(Math.max(shown.indexOf(selected), 0)));
  window.addEventListener("pageshow", (event) => event.persisted && refresh());
  storage.onChange(refresh);

  return {
    ...{ rows, storage, step, refresh },
    setMark: (mark) => selected && controls.setMark(mark),
    selected: () => selected,
  };
})();
