// Filters and sorts the list of tests. What is set stands in the address, as in
// #filter=cache&verdict=leaked,failed&sort=growth&open=1
"use strict";
(function () {
  const list = document.getElementById("tests");
  const filter = document.getElementById("filter");
  const sort = document.getElementById("sort");
  const open = document.getElementById("open");
  const shown = document.getElementById("shown");
  const verdicts = Array.from(document.querySelectorAll("#verdicts button"));

  function milliseconds(text) {
    return parseFloat(text) * (text.endsWith(" ms") ? 1 : 1000);
  }

  // The columns are verdict, name, growth and time.
  const rows = Array.from(list.children, function (element, place) {
    const columns = (element.querySelector("summary") || element).children;
    const growth = (element.dataset.growth || "0 0").split(" ").map(Number);
    const message = element.querySelector(".message");
    const text = columns[1].textContent + "\n" + (message ? message.textContent : "");
    return {
      element, place, growth,
      verdict: element.className,
      name: columns[1].textContent,
      time: milliseconds(columns[3].textContent),
      text: (element.className + "\n" + text).toLowerCase(),
      details: element.querySelector("details"),
    };
  });

  const collator = new Intl.Collator("en", { numeric: true });
  const orders = {
    verdict: (a, b) => a.place - b.place,
    name: (a, b) => collator.compare(a.name, b.name),
    growth: (a, b) => b.growth[0] - a.growth[0] || b.growth[1] - a.growth[1],
    time: (a, b) => b.time - a.time,
  };

  let order = "verdict";

  function reorder() {
    if (sort.value === order)
      return;
    order = sort.value;
    rows.sort((a, b) => orders[order](a, b) || a.place - b.place);
    list.append(...rows.map((row) => row.element));
  }

  function pressed() {
    return verdicts.filter((button) => button.getAttribute("aria-pressed") === "true")
      .map((button) => button.value);
  }

  function apply() {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = pressed();
    let count = 0;
    for (const row of rows) {
      const fits = (wanted.length === 0 || wanted.includes(row.verdict)) &&
        words.every((word) => row.text.includes(word));
      row.element.hidden = !fits;
      count += fits;
    }
    reorder();
    shown.textContent = count + " of " + rows.length + " tests";
  }

  function openAll(wanted) {
    open.setAttribute("aria-pressed", String(wanted));
    open.textContent = wanted ? "Close all" : "Open all";
    for (const row of rows) {
      if (row.details && (!wanted || !row.element.hidden))
        row.details.open = wanted;
    }
  }

  function remember() {
    const state = new URLSearchParams();
    if (filter.value)
      state.set("filter", filter.value);
    if (pressed().length > 0)
      state.set("verdict", pressed().join(","));
    if (sort.value !== "verdict")
      state.set("sort", sort.value);
    try {
      history.replaceState(null, "", "#" + state);
    } catch (error) {
      // A frame may not: what is set is lost when the page is loaded again, and nothing else.
    }
  }

  function recall() {
    const state = new URLSearchParams(location.hash.slice(1));
    const wanted = (state.get("verdict") || "").split(",");
    filter.value = state.get("filter") || "";
    sort.value = orders[state.get("sort")] ? state.get("sort") : "verdict";
    for (const button of verdicts)
      button.setAttribute("aria-pressed", String(wanted.includes(button.value)));
    apply();
    if (state.has("open"))
      openAll(true);
  }

  function changed() {
    apply();
    remember();
  }

  // Where the style alone can't, what is red is opened for the time of printing.
  let opened = [];
  window.addEventListener("beforeprint", function () {
    opened = rows.filter((row) => row.details && !row.details.open && !row.element.hidden &&
      row.verdict !== "passed");
    for (const row of opened)
      row.details.open = true;
  });
  window.addEventListener("afterprint", function () {
    for (const row of opened)
      row.details.open = false;
  });

  for (const button of verdicts) {
    button.disabled = false;
    button.addEventListener("click", function () {
      button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
      changed();
    });
  }
  let waiting = 0;
  filter.addEventListener("input", function () {
    clearTimeout(waiting);
    waiting = setTimeout(changed, 80);
  });
  sort.addEventListener("change", changed);
  open.addEventListener("click", () => openAll(open.getAttribute("aria-pressed") !== "true"));
  const controls = document.getElementById("controls");
  controls.addEventListener("submit", (event) => event.preventDefault());
  controls.hidden = false;
  window.addEventListener("hashchange", recall);
  recall();
})();
