// Whether an answer is right, and what is said to it: a hint after the first wrong one, what lies behind
// it after the right one.

/**
 * Of a part's state (what the reader has set) and data (what Python gave).
 *
 * @typedef {object} Question
 * @property {string} id
 * @property {boolean} [predict] asked before the picture is seen
 * @property {string | ((data: any) => string)} ask
 * @property {string} [unit] of a number
 * @property {(state: any, data: any) => string[]} [choices] else a number is asked for
 * @property {(state: any, data: any) => number} answer the number, or which of the choices, from 0
 * @property {number} [tolerance] how far a number may be off
 * @property {(given: number, answer: number, state: any, data: any) => string} hint
 * @property {(answer: number, state: any, data: any) => string} because
 */

/** @typedef {{given: number | null, tries: number, right: boolean, told: boolean}} Answer */

/** What is asked, in words. @param {Question} question @param {any} data */
export const asks = ({ ask }, data) => (typeof ask === "string" ? ask : ask(data));

/** Wrong answers after which it may be told. */
export const PATIENCE = 2;

/** @type {Answer} */
export const UNASKED = { given: null, tries: 0, right: false, told: false };

/** A number as people write it: "0,5" and "1 000" too. @param {string} text @returns {?number} */
export function numberOf(text) {
  const plain = text
    .trim()
    .replace(/[\s\u2009]/g, "")
    .replace(",", ".")
    .replace("−", "-");
  return plain !== "" && Number.isFinite(Number(plain)) ? Number(plain) : null;
}

/** @param {Question} question @param {number} given @param {any} state @param {any} data */
export function isRight(question, given, state, data) {
  const answer = question.answer(state, data);
  if (question.choices) return given === answer;
  return Math.abs(given - answer) <= (question.tolerance ?? 0) + 1e-12;
}

/**
 * One more try.
 *
 * @param {Question} question @param {Answer} before @param {number} given @param {any} state
 * @param {any} data @returns {Answer}
 */
export function judged(question, before, given, state, data) {
  if (before.right || before.told) return before;
  return {
    given,
    tries: before.tries + 1,
    right: isRight(question, given, state, data),
    told: false,
  };
}

/** What is said to it. @param {Question} question @param {Answer} answer @param {any} state @param {any} data */
export function feedback(question, answer, state, data) {
  const { given, tries, right, told } = answer;
  const value = question.answer(state, data);
  if (right) return `Right. ${question.because(value, state, data)}`;
  if (told) return question.because(value, state, data);
  return tries && given !== null ? `Not yet. ${question.hint(given, value, state, data)}` : "";
}
