/** Keys of the index, and the export and import of marks. */
(() => {
  "use strict";
  const { MARKS, KEYS, isTyping } = candidateMarks;
  const { rows, storage } = candidateTable;
  const PERIODS = 1e-3; // relative difference of the periods of equal events
  const get = (id) => document.getElementById(id);

  function tell(text) {
    get("message").textContent = text;
  }

  function exportMarks() {
    const records = rows
      .filter((row) => row.mark || row.note)
      .map((row) => ({ ...row, period_days: row.period }));
    if (records.length === 0) return tell("There are no marks to export.");
    const table = new Blob([marksTable.write(records)], { type: "text/csv;charset=utf-8" });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(table);
    link.download = "marks.csv";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    tell(`Exported marks and notes of ${count(records.length, "candidate")} to marks.csv.`);
  }

  async function importMarks() {
    const [file] = get("import").files;
    try {
      if (file) tell(importRecords(marksTable.read(await file.text())));
    } catch (error) {
      tell(`Nothing was imported: ${error.message}`);
    }
    get("import").value = ""; // so that the same file can be imported again
    candidateTable.refresh();
  }

  /** Store the marks of the records, and return a report. */
  function importRecords(records) {
    const known = new Map(rows.map((row) => [keyOf(row.star, row.number), row]));
    let [imported, replaced, unknown, invalid] = [0, 0, 0, 0];
    for (const { star, number, period_days: period = "", mark, note = "" } of records) {
      const row = known.get(keyOf(star, number));
      if (!MARKS.includes(mark) && mark !== "") invalid += 1;
      else if (row === undefined || isOther(row.period, period)) unknown += 1;
      else {
        imported += 1;
        const differs = row.mark !== mark || row.note !== note;
        replaced += Number(Boolean(row.mark || row.note) && differs);
        storage.write(row.star, row.number, { mark, note });
      }
    }
    const compared = "(star, number and period are compared)";
    return [
      `Imported marks and notes of ${count(imported, "candidate")}.`,
      replaced ? `Replaced different marks or notes of ${replaced}.` : "",
      unknown ? `Ignored ${count(unknown, "row")} not in this table ${compared}.` : "",
      invalid ? `Ignored ${count(invalid, "row")} with an unknown mark.` : "",
    ]
      .filter(Boolean)
      .join(" ");
  }

  const keyOf = (star, number) => JSON.stringify([star, Number(number)]);
  const count = (number, noun) =>
    `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;

  function isOther(period, text) {
    if (text === "" || period === null) return false;
    return !(Math.abs(Number(text) - period) <= PERIODS * period);
  }

  function openPage() {
    const page = document.querySelector('#candidates [aria-current="true"] a');
    if (page) page.click();
    else if (candidateTable.selected()) tell("The selected candidate has no page.");
  }

  const ACTIONS = {
    j: () => candidateTable.step(1),
    ArrowDown: () => candidateTable.step(1),
    k: () => candidateTable.step(-1),
    ArrowUp: () => candidateTable.step(-1),
    Enter: openPage,
    "/": () => document.querySelector("#filters [type=search]").select(),
    "?": () => get("help").showModal(),
  };
  for (const [key, mark] of Object.entries(KEYS)) {
    ACTIONS[key] = () => candidateTable.setMark(mark);
  }

  document.addEventListener("keydown", (event) => {
    const onControl = event.key === "Enter" && event.target.closest("a,button,summary");
    if (event.key === "Escape" && isTyping(event)) event.target.blur();
    if (isTyping(event) || onControl || get("help").open) return;
    if (!Object.hasOwn(ACTIONS, event.key)) return;
    event.preventDefault();
    ACTIONS[event.key]();
  });
  get("export").addEventListener("click", exportMarks);
  get("import").addEventListener("change", importMarks);
  get("help-button").addEventListener("click", () => get("help").showModal());
})();
