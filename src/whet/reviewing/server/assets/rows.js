// Keys for the rows. `submit` and `say` are those of review.js, which is loaded before.
"use strict";

const decision = document.getElementById("decision");
const fixing = document.getElementById("fixing");

function decide(value) {
  if (!decision || busy) return;
  let field = decision.querySelector("input[name=choice]");
  if (!field) {
    field = Object.assign(document.createElement("input"), { type: "hidden", name: "choice" });
    decision.append(field);
  }
  field.value = value;
  say("Saving");
  submit(decision);
}

function fix() {
  if (!fixing) return;
  fixing.open = true;
  const boxes = fixing.querySelectorAll("textarea");
  const box = boxes[boxes.length - 1];
  if (box) { box.focus(); box.scrollIntoView({ block: "nearest" }); }
}

if (decision) {
  document.body.classList.add("scripted");
  decision.addEventListener("submit", (e) => {
    e.preventDefault();
    decide(e.submitter && e.submitter.value ? e.submitter.value : "fix");
  });
  document.getElementById("fix").addEventListener("click", fix);
}

const DECISIONS = {
  k: () => decide("keep"), d: () => decide("drop"), s: () => decide("skip"), f: fix,
  w: () => document.getElementById("why").focus(), l: () => go("alike"),
};

document.addEventListener("keydown", (e) => {
  if (!decision || e.isComposing || e.altKey || e.metaKey || e.defaultPrevented) return;
  if (e.key === "Enter" && e.ctrlKey && e.target.matches("textarea, #why")) {
    e.preventDefault(); decide(fixing.open ? "fix" : "keep"); return;
  }
  if (e.key === "Enter" && e.target.id === "why") {
    // A reason alone decides nothing.
    e.preventDefault(); e.target.blur(); return;
  }
  if (e.ctrlKey || e.repeat || inText(e) || (help && help.open)) return;
  if (DECISIONS[e.key]) { e.preventDefault(); DECISIONS[e.key](); }
});
