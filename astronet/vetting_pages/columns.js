/**
 * Columns of the table of candidates.
 *
 *   COLUMNS                     name (property of a row), title, text (text of a number), first
 *                               (direction of the first sort: 1 or -1)
 *   valueOf(row, name)          value of a column; null or "" if it is unknown
 *   sorted(list, rows, sorting) list of some of the rows, sorted by {column, direction}
 */
const candidateColumns = (() => {
  "use strict";
  const digits = (count) => (value) => String(Number(value.toPrecision(count)));
  const score = (value) =>
    value >= 1e-4 || value === 0 ? value.toFixed(4) : value.toExponential(0);
  const depth = (value) => (Math.abs(value) >= 10 ? value.toFixed(0) : digits(2)(value));
  const plain = (value) => String(value);

  /** Columns: property of the row, heading, text of a number, and direction of the first sort. */
  const COLUMNS = [
    { name: "star", title: "Star" },
    { name: "number", title: "No.", text: plain, first: 1 },
    { name: "mark", title: "Mark" },
    { name: "score", title: "Score", text: score, first: -1 },
    { name: "spread", title: "Spread", text: digits(2), first: -1 },
    { name: "decision", title: "Decision" },
    { name: "failed", title: "Failed", text: plain, first: -1 },
    { name: "warned", title: "Warnings", text: plain, first: -1 },
    { name: "period", title: "Period [d]", text: digits(6), first: 1 },
    { name: "duration", title: "Duration [h]", text: digits(3), first: 1 },
    { name: "depth", title: "Depth [ppm]", text: depth, first: -1 },
    { name: "snr", title: "SNR", text: digits(3), first: -1 },
    { name: "label", title: "Label" },
    { name: "verdict", title: "Verdict" },
  ];

  function valueOf(row, name) {
    if (name === "failed" || name === "warned") return row.page ? row[name].length : null;
    return row[name];
  }

  /** Return the order of texts: digits as numbers, empty texts last. */
  function ranks(values) {
    const collator = new Intl.Collator("en", { numeric: true });
    const whole = values.every((value) => /^\d{0,15}$/.test(value));
    const compare = whole ? (a, b) => a - b : collator.compare;
    const distinct = [...new Set(values)].filter((value) => value !== "").sort(compare);
    const rank = new Map(distinct.map((value, k) => [value, k]));
    return values.map((value) => rank.get(value) ?? null);
  }

  const cache = new Map(); // values of the columns that do not change

  function sortValues(rows, name) {
    if (cache.has(name)) return cache.get(name);
    const values = rows.map((row) => valueOf(row, name));
    const { MARKS } = candidateMarks;
    if (name === "mark") return values.map((mark) => (mark ? MARKS.indexOf(mark) : null));
    const isText = !COLUMNS.find((column) => column.name === name).text;
    cache.set(name, isText ? ranks(values) : values);
    return cache.get(name);
  }

  /** Return a sorted list of some of the rows; empty values are last in both directions. */
  function sorted(list, rows, { column, direction }) {
    if (!column) return list;
    const values = sortValues(rows, column);
    return [...list].sort((a, b) => {
      const [one, other] = [values[a.place], values[b.place]];
      if (one === other) return a.place - b.place;
      if (one === null || other === null) return one === null ? 1 : -1;
      return direction * (one - other);
    });
  }

  return { COLUMNS, valueOf, sorted };
})();
