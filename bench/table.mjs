/** Turns measured figures into the markdown table, and says which of them are not to be trusted. */
import { milliseconds } from './measure/percentiles.mjs';

/**
 * @typedef {object} Cell
 * @property {number} value   median over the rounds: work per CPU second, bytes for one of them, or milliseconds (p99)
 * @property {number} spread  distance of the extremes as a share of the median
 * @property {number} [ratio] to the baseline peer of the same run
 * @property {number} rounds
 * @property {number} [busy]  share of the time that the server's CPU was in use
 * @property {number} [idle]  share of the time in which the server had nothing to do although it was to be kept busy
 * @property {number} [load]  share of the time that the load's own CPU was in use
 * @property {number} [foreign] the most that other processes took of a core in any round
 * @property {number} [p50]   of a delay
 * @property {number} [rate]  of a delay: messages a second
 *
 * @typedef {object} Row
 * @property {string} name
 * @property {string} title
 * @property {'rate' | 'memory' | 'delay'} kind
 * @property {string} unit
 * @property {{ node20?: string, node24?: string }} wanted
 * @property {Record<string, Cell>} cells by peer id
 */

/** Above this the rounds disagree, or the machine had other things to do, too much for a figure to be quoted. */
const NOISY = { spread: 0.15, foreign: 0.1 };
/** A server that was idle for more than this share of the window was not saturated: the figure tells of the load too. */
export const MOST_IDLE = 0.1;

const count = (/** @type {number} */ value) => {
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)} M`;
  if (value >= 1e4) return `${(value / 1e3).toFixed(0)} k`;
  return value >= 1e3 ? `${(value / 1e3).toFixed(1)} k` : value.toFixed(0);
};

const times = (/** @type {number} */ ratio) => `${ratio >= 20 ? ratio.toFixed(0) : ratio.toFixed(2)}×`;
const percent = (/** @type {number} */ share) => `${(share * 100).toFixed(0)} %`;

const isNoisy = (/** @type {Cell} */ cell) =>
  cell.spread > NOISY.spread || (cell.foreign ?? 0) > NOISY.foreign;
const isIdle = (/** @type {Cell} */ cell) => (cell.idle ?? 0) > MOST_IDLE;

/** @returns {string} */
const show = (/** @type {Row} */ row, /** @type {Cell | undefined} */ cell) => {
  if (!cell) return '–';
  const mark = `${isNoisy(cell) ? ' ~' : ''}${isIdle(cell) ? ' ‡' : ''}`;
  if (row.kind === 'memory') return `${(cell.value / 1000).toFixed(1)} kB${mark}`;
  if (row.kind === 'delay')
    return `${milliseconds(cell.p50 ?? 0)}, ${milliseconds(cell.value)} (${count(cell.rate ?? 0)}/s)${mark}`;
  const ratio = cell.ratio === undefined ? '' : `${times(cell.ratio)} `;
  return `${ratio}(${count(cell.value)}/s)${mark}`;
};

/** How busy the server was in a cell's window. */
const showBusy = (/** @type {Cell | undefined} */ cell) =>
  cell === undefined
    ? '–'
    : `${percent(cell.busy ?? 0)}${isIdle(cell) ? `, idle ${percent(cell.idle ?? 0)}` : ''}`;

const aim = (/** @type {Row['wanted']} */ wanted) =>
  [wanted.node20, wanted.node24 && `Node 24: ${wanted.node24}`].filter(Boolean).join('; ') || '–';

/**
 * One line for each row with a cell that is so, and what is to be said of them.
 *
 * @param {Row[]} rows
 * @param {(cell: Cell) => boolean} isSo
 * @param {(most: (of: (cell: Cell) => number) => string) => string} tell
 */
const remarks = (rows, isSo, tell) =>
  rows.flatMap(({ name, cells }) => {
    const marked = Object.entries(cells).filter(([, cell]) => isSo(cell));
    if (marked.length === 0) return [];
    const who = marked.map(([id]) => id).join(', ');
    return `- ${name} (${who}): ${tell((of) => percent(Math.max(...marked.map(([, cell]) => of(cell)))))}`;
  });

/**
 * @param {Row[]} rows
 * @param {{ id: string, title: string }[]} peers
 */
export const table = (rows, peers) => {
  const shown = peers.filter(({ id }) => rows.some((row) => row.cells[id]));
  const line = (/** @type {string[]} */ cells) => `| ${cells.join(' | ')} |`;
  const lines = [
    line(['work', ...shown.map(({ title }) => title), 'wanted']),
    line(['---', ...shown.map(() => '---:'), '---']),
    ...rows.flatMap((row) => {
      const figures = line([row.title, ...shown.map(({ id }) => show(row, row.cells[id])), aim(row.wanted)]);
      if (row.kind === 'memory') return [figures];
      return [figures, line(['– its CPU was busy', ...shown.map(({ id }) => showBusy(row.cells[id])), ''])];
    }),
  ];
  const noisy = remarks(
    rows,
    isNoisy,
    (most) =>
      `rounds up to ${most((cell) => cell.spread)} apart, others took up to ${most((cell) => cell.foreign ?? 0)} of a core`,
  );
  if (noisy.length > 0) lines.push('', '~ The machine was not quiet, or the rounds disagree:', '', ...noisy);
  const idle = remarks(
    rows,
    isIdle,
    (most) =>
      `idle for ${most((cell) => cell.idle ?? 0)}, the load busy for ${most((cell) => cell.load ?? 0)}`,
  );
  if (idle.length > 0) lines.push('', '‡ The load could not keep the server busy:', '', ...idle);
  return lines.join('\n');
};
