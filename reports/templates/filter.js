(() => {
  const form = document.querySelector(".filter");
  const fields = ["words", "rule", "subject", "verdict", "folklore"].map(name => document.getElementById(`filter-${name}`));
  const [words, rule, subject, verdict, folklore] = fields;
  const count = document.getElementById("filter-count");
  const rows = [...document.querySelectorAll("#theorems tbody tr")].map(row => {
    const [of, what, under, found] = [...row.cells].map(cell => cell.textContent);
    return { row, of, under, found, said: row.className === "said", text: `${of} ${what}`.toLowerCase() };
  });
  const filter = () => {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const { row, of, under, found, said, text } of rows) {
      const fits = (!rule.value || rule.value === of) && (!subject.value || subject.value === under)
        && (!verdict.value || verdict.value === found) && (!folklore.checked || said)
        && wanted.every(word => text.includes(word));
      row.hidden = !fits;
      shown += fits;
    }
    count.textContent = `${shown} of ${rows.length}`;
    const state = new URLSearchParams(fields.filter(f => f.type === "checkbox" ? f.checked : f.value)
      .map(f => [f.id.slice(7), f.type === "checkbox" ? "1" : f.value]));
    history.replaceState(null, "", `#${state}`);
  };
  for (const [name, value] of new URLSearchParams(location.hash.slice(1))) {
    const field = document.getElementById(`filter-${name}`);
    if (field && field.type === "checkbox") field.checked = true; else if (field) field.value = value;
  }
  form.addEventListener("input", filter);
  form.addEventListener("keydown", event => {
    if (event.key !== "Escape") return;
    for (const field of fields) if (field.type === "checkbox") field.checked = false; else field.value = "";
    filter();
    words.focus();
  });
  form.hidden = false;
  filter();
})();
