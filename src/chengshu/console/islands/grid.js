// A decision table as an ARIA grid: arrows move, Enter (or F2, or typing) edits, Escape leaves, Tab saves and goes on.
// The server checks every text while it is typed and draws the page's part again after each saved edit.

const PAUSE_MS = 250;

export function start(table) {
  let current = table.querySelector('[role=gridcell][tabindex="0"]') ?? table.querySelector("[role=gridcell]");
  const editable = Boolean(table.dataset.edit);
  const status = document.getElementById("grid-status");
  const tools = editable ? table.closest("section").querySelector(".grid-tools") : null;
  let editor = null;
  let timer = null;
  let asked = 0;

  const rows = () => [...table.querySelectorAll("tbody [role=row]")];
  const cells = (row) => [...row.querySelectorAll("[role=gridcell]")].filter((cell) => cell.offsetParent !== null);
  const say = (text) => { if (status) status.textContent = text; };

  function move(cell, focus = true) {
    if (!cell) return;
    if (current) current.tabIndex = -1;
    current = cell;
    current.tabIndex = 0;
    const rule = current.closest("[data-rule]")?.dataset.rule;
    const place = tools?.querySelector("[data-chosen-rule]");
    if (place) place.textContent = rule ? table.dataset.chosen.replace("%", rule) : "";
    if (focus) current.focus();
  }

  function step(down, right) {
    const all = rows();
    const row = current.closest("[role=row]");
    const next = all[Math.max(0, Math.min(all.length - 1, all.indexOf(row) + down))];
    const at = cells(row).indexOf(current) + right;
    const line = cells(next);
    move(line[Math.max(0, Math.min(line.length - 1, at))]);
  }

  function goOn(back) {
    const all = [...table.querySelectorAll("[role=gridcell][data-part]")];
    return all[all.indexOf(current) + (back ? -1 : 1)];
  }

  const coordinates = (cell) => ({
    rule: cell.closest("[data-rule]").dataset.rule, part: cell.dataset.part, column: cell.dataset.column,
  });

  function body(extra) {
    return new URLSearchParams({ table: table.dataset.table, ...extra });
  }

  function edit(first) {
    if (!editable || editor || !current?.dataset.part || !current.closest("[data-rule]")) return;
    const cell = current;
    const input = document.createElement("input");
    const note = document.createElement("p");
    input.value = first ?? cell.dataset.text;
    input.className = "cell-input";
    input.autocomplete = "off";
    input.spellcheck = false;
    input.setAttribute("aria-label", `${table.dataset.editing}: ${cell.dataset.label}`);
    input.setAttribute("aria-describedby", "cell-note");
    note.id = "cell-note";
    note.className = "cell-note-live";
    note.setAttribute("role", "status");
    editor = { cell, input, note, kept: [...cell.childNodes] };
    cell.replaceChildren(input, note);
    cell.classList.add("editing");
    input.focus();
    if (first === undefined) input.select();
    input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(check, PAUSE_MS); });
    if (first !== undefined) timer = setTimeout(check, PAUSE_MS);
  }

  function leave(focus = true) {
    if (!editor) return;
    clearTimeout(timer);
    asked += 1;
    editor.cell.classList.remove("editing");
    editor.cell.replaceChildren(...editor.kept);
    const cell = editor.cell;
    editor = null;
    if (focus) move(cell);
  }

  function tell(ok, text) {
    if (!editor) return;
    editor.input.setAttribute("aria-invalid", ok ? "false" : "true");
    editor.note.classList.toggle("wrong", !ok);
    editor.note.textContent = text;
  }

  // Tells what is wrong with the text being typed; false when it cannot be saved so.
  async function check() {
    if (!editor) return false;
    const number = ++asked;
    const text = editor.input.value;
    try {
      const answer = await fetch(table.dataset.check, {
        method: "POST", body: body({ ...coordinates(editor.cell), text }),
      });
      if (number !== asked || !editor) return false;
      if (!answer.ok) { tell(false, table.dataset.lost); return false; }
      const verdict = await answer.json();
      if (number !== asked) return false;
      tell(verdict.ok, verdict.ok ? table.dataset.fine : verdict.message);
      return verdict.ok;
    } catch { tell(false, table.dataset.lost); return false; }
  }

  // What stands in the try-it form goes along, so that the drawn table shows what matches now.
  function tried() {
    const form = document.querySelector(".try-form");
    return form ? Object.fromEntries([...new FormData(form)].filter(([name]) => name.startsWith("given."))) : {};
  }

  async function send(fields, target) {
    try {
      const answer = await fetch(table.dataset.edit, {
        method: "POST", headers: { "x-island": "grid" },
        body: body({ ...tried(), ...fields, revision: table.dataset.revision }),
      });
      if (!answer.ok) {
        const type = answer.headers.get("content-type") ?? "";
        return type.includes("json") ? (await answer.json()).message : table.dataset.lost;
      }
      draw(await answer.text(), target);
      return null;
    } catch { return table.dataset.lost; }
  }

  function draw(html, target) {
    const work = document.getElementById("work");
    work.innerHTML = html;
    const fresh = work.querySelector("[data-island=grid]");
    fresh.dataset.focus = target ? `${target.rule}/${target.part}/${target.column}` : "";
  }

  async function commit(back) {
    if (!editor) return;
    const { cell, input } = editor;
    const here = coordinates(cell);
    const next = back === undefined ? cell : goOn(back) ?? cell;
    if (input.value === cell.dataset.text) { leave(false); move(next); return; }
    clearTimeout(timer);
    if (!(await check())) return;
    asked += 1;
    input.readOnly = true;
    say(table.dataset.checking);
    const target = next.dataset.part ? coordinates(next) : here;
    const trouble = await send({ kind: "set", ...here, text: input.value }, target);
    if (trouble === null || !editor) return;
    input.readOnly = false;
    say("");
    tell(false, trouble);
    input.focus();
  }

  async function operate(kind) {
    if (!editable || !current) return;
    const here = current.dataset.part && current.closest("[data-rule]") ? coordinates(current) : null;
    const rule = Number(here?.rule ?? 0);
    const last = table.querySelectorAll("[data-rule]").length;
    const at = (number) => ({ ...(here ?? { part: "input", column: "1" }), rule: String(number) });
    let trouble = null;
    if (kind === "insert") trouble = await send({ kind, to: rule + 1 }, { ...at(rule + 1), part: "input", column: "1" });
    else if (!here) return;
    else if (kind === "remove") trouble = await send({ kind, rule }, at(Math.max(1, Math.min(rule, last - 1))));
    else {
      const to = kind === "up" ? rule - 1 : rule + 1;
      if (to < 1 || to > last) return;
      trouble = await send({ kind: "move", rule, to }, at(to));
    }
    if (trouble) say(trouble);
  }

  async function reshape(form) {
    const what = form.elements.what.value;
    const here = current?.dataset.part ? coordinates(current) : null;
    const count = (part) => table.querySelectorAll(`thead .part-${part}`).length;
    let fields;
    if (what === "policy") fields = { kind: "policy", text: form.elements.policy.value };
    else if (what === "remove") {
      if (!here) return;
      fields = { kind: "remove_column", part: here.part, column: here.column };
    } else {
      fields = { kind: "insert_column", part: what, column: count(what) + 1, text: form.elements.name.value };
    }
    const trouble = await send(fields, here);
    if (trouble) say(trouble);
  }

  table.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (editor) {
      if (event.key === "Enter") { event.preventDefault(); commit(); }
      else if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); leave(); }
      else if (event.key === "Tab") { event.preventDefault(); commit(event.shiftKey); }
      return;
    }
    const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      event.preventDefault();
      operate(event.key === "ArrowUp" ? "up" : "down");
    } else if (event.altKey || event.metaKey) return;
    else if (moves[event.key]) { event.preventDefault(); step(...moves[event.key]); }
    else if (event.key === "Home" || event.key === "End") {
      event.preventDefault();
      const all = event.ctrlKey ? rows() : [current.closest("[role=row]")];
      move(cells(all[event.key === "Home" ? 0 : all.length - 1]).at(event.key === "Home" ? 0 : -1));
    } else if (event.key === "Enter" || event.key === "F2") { event.preventDefault(); edit(); }
    else if (editable && event.key.length === 1 && !event.ctrlKey && event.key !== " ") { event.preventDefault(); edit(event.key); }
  });
  table.addEventListener("mousedown", (event) => {
    const cell = event.target.closest("[role=gridcell]");
    if (!cell || (editor && editor.cell === cell)) return;
    if (editor) { event.preventDefault(); commit(); return; }
    move(cell, false);
  });
  table.addEventListener("focusin", (event) => {
    const cell = event.target.closest("[role=gridcell]");
    if (cell && cell !== current && !editor) move(cell, false);
  });
  table.addEventListener("dblclick", () => edit());
  table.addEventListener("click", (event) => {
    if (editable && !editor && matchMedia("(pointer: coarse)").matches && event.target.closest("[role=gridcell]")) edit();
  });

  if (tools) {
    tools.hidden = false;
    move(current, false);
    tools.addEventListener("click", (event) => {
      const kind = event.target.closest("[data-op]")?.dataset.op;
      if (kind) operate(kind);
    });
    const form = tools.querySelector("[data-op-form]");
    form.addEventListener("submit", (event) => { event.preventDefault(); reshape(form); });
    form.elements.what.addEventListener("change", () => {
      const what = form.elements.what.value;
      form.querySelector("[data-for=name]").hidden = what === "policy" || what === "remove";
      form.querySelector("[data-for=policy]").hidden = what !== "policy";
    });
  }
  if (table.dataset.focus !== undefined) {
    const [rule, part, column] = table.dataset.focus.split("/");
    const row = rule && table.querySelector(`[data-rule="${CSS.escape(rule)}"]`);
    move(row?.querySelector(`[data-part="${part}"][data-column="${column}"]`) ?? row?.querySelector("[role=gridcell]") ?? current);
    say(table.dataset.saved);
  }
}
