/**
 * Marks as a CSV table (RFC 4180) with the columns star, number, period_days, mark and note.
 *
 *   write(records)   text of a table of records {star, number, period_days, mark, note}
 *   read(text)       list of records with the columns of the header as keys, all values text;
 *                    throws an Error with a message for the user
 *
 * Spreadsheets execute text that starts with =, +, -, @, a tab or a line break as a formula. Such
 * text is written after an apostrophe, which `read` removes.
 */
const marksTable = (() => {
  "use strict";
  const COLUMNS = ["star", "number", "period_days", "mark", "note"];
  const FORMULA = /^'*[=+\-@\t\r\n]/;

  function write(records) {
    const lines = records.map((record) => COLUMNS.map((name) => field(record[name])).join(","));
    return [COLUMNS.join(","), ...lines].map((line) => line + "\r\n").join("");
  }

  function field(value) {
    if (typeof value === "number") return Number.isFinite(value) ? String(value) : "";
    const text = FORMULA.test(value ?? "") ? "'" + value : (value ?? "");
    return /[",\r\n]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;
  }

  function read(text) {
    const [header, ...lines] = split(text.replace(/^\uFEFF/, ""));
    const names = (header ?? []).map((name) => name.trim());
    for (const name of ["star", "number", "mark"]) {
      if (!names.includes(name)) {
        throw new Error(`The file has no column "${name}"; choose a table of exported marks.`);
      }
    }
    return lines
      .filter((values) => values.length > 1 || values[0] !== "")
      .map((values) =>
        Object.fromEntries(names.map((name, place) => [name, plain(values[place] ?? "")])),
      );
  }

  function plain(text) {
    return text.startsWith("'") && FORMULA.test(text) ? text.slice(1) : text;
  }

  /** Split CSV text into rows of fields. */
  function split(text) {
    const rows = [];
    let row = [];
    const pattern = /(?:"([^"]*(?:""[^"]*)*)"|([^",\r\n][^,\r\n]*|))(,|\r?\n|\r|$)/y;
    while (pattern.lastIndex < text.length || row.length > 0) {
      const found = pattern.exec(text);
      if (found === null) {
        throw new Error(`The file is not a CSV table: row ${rows.length + 1} is quoted wrongly.`);
      }
      row.push(found[1]?.replaceAll('""', '"') ?? found[2]);
      if (found[3] === ",") continue;
      rows.push(row);
      row = [];
    }
    return rows;
  }

  return { write, read };
})();
