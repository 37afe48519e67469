/** The dialog of a bed's alarm limits: presets, values within their ranges, switches. */

import { LIMITS, say } from "./words.js";

const PATIENCE = 5000; // ms until it is said that no answer came

/**
 * What a form comes to: values that differ from the preset, and what is off beside what the preset has off.
 * @param {{values: object, off: string[]}} preset
 * @param {Object<string, number>} values @param {Object<string, boolean>} on
 * @returns {{values: object, off: string[]}}
 */
export function differing(preset, values, on) {
  const own = Object.entries(values).filter(([name, value]) => value !== preset.values[name]);
  const off = Object.keys(on).filter((name) => !on[name] && !preset.off.includes(name));
  return { values: Object.fromEntries(own), off };
}

export class LimitsDialog {
  /**
   * @param {HTMLDialogElement} dialog with what there is to choose from in `data-known` (web/components/limits.py)
   * @param {string} bed @param {import("./acts.js").Acts} acts
   */
  constructor(dialog, bed, acts) {
    this.dialog = dialog;
    this.bed = bed;
    this.acts = acts;
    this.known = JSON.parse(dialog.dataset.known);
    this.told = null; // what is in force
    const part = (name) => dialog.querySelector(name);
    this.preset = part("#limits-preset");
    this.answer = part("#limits-answer");
    this.values = fields(part("#limits-values"), this.known.limits, numberField);
    this.switches = fields(part("#limits-switches"), this.known.alarms, switchField);
    this.preset.onchange = () => this.fill({ preset: this.preset.value });
    part("#limits-set").onclick = () => this.set();
    part("#limits-close").onclick = () => dialog.close();
  }

  open() {
    if (this.dialog.open) return;
    this.fill(this.told ?? {});
    say(this.answer, this.told ? LIMITS.set(this.told.by) : LIMITS.never);
    this.dialog.showModal();
  }

  /** Show limits in the form. */
  fill({ preset = "adult", values = {}, off = [] }) {
    const usual = this.known.presets[preset];
    this.preset.value = preset;
    for (const [name, field] of Object.entries(this.values)) {
      field.value = values[name] ?? usual.values[name];
      field.title = LIMITS.usual(usual.values[name]);
    }
    for (const [name, field] of Object.entries(this.switches)) {
      field.checked = !off.includes(name) && !usual.off.includes(name);
      field.disabled = usual.off.includes(name) || !this.known.alarms[name].may_be_off;
    }
  }

  set() {
    const wrong = Object.values(this.values).find((field) => !field.reportValidity());
    if (wrong) return;
    const values = Object.fromEntries(Object.entries(this.values).map(([name, { value }]) => [name, Number(value)]));
    const on = Object.fromEntries(Object.entries(this.switches).map(([name, { checked }]) => [name, checked]));
    const preset = this.preset.value;
    const sent = this.acts.setLimits(this.bed, { preset, ...differing(this.known.presets[preset], values, on) });
    say(this.answer, sent ? LIMITS.asked : LIMITS.lost);
    clearTimeout(this.patience);
    if (sent) this.patience = setTimeout(() => say(this.answer, LIMITS.silent), PATIENCE);
  }

  /** @param {object|null} limits as the detector told them last */
  tell(limits) {
    if (limits === this.told) return;
    this.told = limits;
    if (!limits || !this.dialog.open) return;
    clearTimeout(this.patience);
    this.fill(limits);
    say(this.answer, LIMITS.set(limits.by));
  }

  /** The hub refused, and says why. */
  refused(text) {
    if (!this.dialog.open) return;
    clearTimeout(this.patience);
    say(this.answer, text);
  }
}

/** A labelled field for each of what is known. */
function fields(place, known, make) {
  const made = Object.entries(known).map(([name, about]) => {
    const label = document.createElement("label");
    const field = make(about);
    label.append(...field.around);
    field.input.name = name;
    return { name, label, input: field.input };
  });
  place.replaceChildren(...made.map(({ label }) => label));
  return Object.fromEntries(made.map(({ name, input }) => [name, input]));
}

function numberField({ text, unit, least, most }) {
  const input = document.createElement("input");
  Object.assign(input, { type: "number", min: least, max: most, step: "any", required: true });
  const range = document.createElement("small");
  range.textContent = `${unit} (${least}–${most})`;
  const about = document.createElement("span");
  about.textContent = text;
  return { input, around: [about, input, range] };
}

function switchField({ title, may_be_off: mayBeOff }) {
  const input = document.createElement("input");
  Object.assign(input, { type: "checkbox", disabled: !mayBeOff });
  return { input, around: [input, title] };
}
