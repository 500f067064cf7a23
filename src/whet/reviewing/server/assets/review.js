// Keys and saving for the review pages. Every page works without it, by its forms.
"use strict";

const ballot = document.getElementById("ballot");
const told = document.getElementById("told");
const help = document.getElementById("help");
const inText = (e) => e.target.matches("textarea, input[type=text], input[type=password]");
let busy = false;

const say = (words, bad) => {
  if (!told) return;
  told.textContent = words;
  told.classList.toggle("alert", Boolean(bad));
};

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

// The same form is sent again until it is answered: its id makes that one vote.
async function send(form) {
  const body = new URLSearchParams(new FormData(form));
  for (let wait = 500; ; wait = Math.min(2 * wait, 8000)) {
    try {
      const answer = await fetch(form.action, {
        method: "POST", body, headers: { accept: "application/json" }, credentials: "same-origin",
      });
      const found = await answer.json().catch(() => ({}));
      if (answer.ok && found.next) return location.assign(found.next);
      if (answer.status !== 503 && answer.status !== 429) {
        return say(found.error || "Not saved.", true);
      }
      say((found.error || "Not saved yet.") + " Trying again.", true);
    } catch (error) {
      say("Not saved: the server cannot be reached. Trying again.", true);
    }
    await pause(wait);
  }
}

async function submit(form) {
  if (busy) return;
  if (form === ballot && !form.reportValidity()) return;
  busy = true;
  document.body.classList.add("busy");
  if (form === ballot) say("Saving");
  await send(form);
  busy = false;
  document.body.classList.remove("busy");
}

for (const form of document.querySelectorAll("#ballot, #undo")) {
  form.addEventListener("submit", (e) => { e.preventDefault(); submit(form); });
}

function choose(input) {
  input.checked = true;
  if (input.value === "flag") return open("reason");
  const plain = ballot.dataset.fast !== undefined;
  if (plain) submit(ballot); else input.focus();
}

function open(name) {
  const details = document.getElementById("details");
  const target = document.getElementById(name);
  if (!target) return;
  if (details && details.contains(target)) details.open = true;
  (target.matches("fieldset") ? target.querySelector("input") : target).focus();
}

const go = (id) => { const link = document.getElementById(id); if (link) location.assign(link.href); };
const ACTIONS = {
  u: () => { const form = document.getElementById("undo"); if (form) submit(form); },
  r: () => open("reason"), t: () => open("tags"), g: () => open("gold"), c: () => open("criteria"),
  ArrowLeft: () => go("back"), ArrowRight: () => go("forward"),
  "?": () => help && (help.open ? help.close() : help.showModal()),
};

document.addEventListener("keydown", (e) => {
  if (e.isComposing || e.altKey || e.metaKey) return;
  if (e.key === "Escape" && e.target.matches("textarea, input")) { e.target.blur(); return; }
  if (e.key === "Enter" && e.ctrlKey && ballot) { e.preventDefault(); submit(ballot); return; }
  if (e.ctrlKey || inText(e) || e.repeat) return;
  if (help && help.open && e.key !== "?") return;
  if (e.target.matches("input[type=radio]") && e.key.startsWith("Arrow")) return;
  if (e.key === "Enter" && ballot && !e.target.matches("a, button, summary")) {
    e.preventDefault(); submit(ballot); return;
  }
  const choice = ballot && ballot.querySelector(`input[data-key="${CSS.escape(e.key)}"]`);
  if (choice) { e.preventDefault(); choose(choice); return; }
  if (ACTIONS[e.key]) { e.preventDefault(); ACTIONS[e.key](); }
});

const keys = document.getElementById("keys");
if (keys) keys.addEventListener("click", () => ACTIONS["?"]());
window.addEventListener("pageshow", (e) => { if (e.persisted) location.reload(); });
