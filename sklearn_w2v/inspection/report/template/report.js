"use strict";
(() => {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const button = document.getElementById("theme");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
  const name = () => { button.textContent = isDark() ? {{ _("Light")|tojson }} : {{ _("Dark")|tojson }}; };
  button.title = {{ _("Change the colours")|tojson }};
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    name();
  });
  system.addEventListener("change", name);
  name();
  button.hidden = false;

  const value = (row, place) => {
    const cell = row.cells[place];
    return cell.dataset.value === undefined ? cell.textContent.trim() : Number(cell.dataset.value);
  };
  const sort = (head) => {
    const table = head.closest("table");
    const place = head.cellIndex;
    const body = table.tBodies[0];
    const rows = [...body.rows];
    const numbers = typeof value(rows[0], place) === "number";
    // the best first: numbers fall, names rise
    const former = head.getAttribute("aria-sort");
    const falls = former === "none" ? numbers : former === "ascending";
    rows.sort((a, b) => {
      const x = value(a, place), y = value(b, place);
      const order = numbers ? x - y : x.localeCompare(y, undefined, { numeric: true });
      return falls ? -order : order;
    });
    for (const other of head.parentNode.cells) other.setAttribute("aria-sort", "none");
    head.setAttribute("aria-sort", falls ? "descending" : "ascending");
    body.append(...rows);
  };
  for (const one of document.querySelectorAll("table.sortable button.sort")) {
    one.addEventListener("click", () => sort(one.closest("th")));
  }

  // the Tab key does not stop at boxes that do not scroll
  const stops = () => {
    for (const box of document.querySelectorAll(".scroller, .text")) {
      const scrolls = box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1;
      if (scrolls) box.tabIndex = 0; else box.removeAttribute("tabindex");
    }
  };
  addEventListener("resize", stops);
  stops();
})();
