// focus.js: Tab enters a group of choices at the chosen one, as it does with plain radio buttons.

document.addEventListener("focusin", ({ target, relatedTarget }) => {
  const group = target.closest?.('[role="radiogroup"]');
  if (!group || group.contains(relatedTarget) || !target.matches(":focus-visible")) return;   // a press chooses by itself
  group.querySelector('[role="radio"][aria-checked="true"]')?.focus();
});
