/** Turns measured figures into the markdown table, and says which of them are not to be trusted. */

/**
 * @typedef {object} Cell
 * @property {number} value   median over the rounds: work per CPU second, or bytes for one connection
 * @property {number} spread  distance of the extremes as a share of the median
 * @property {number} [ratio] to the baseline peer of the same run
 * @property {number} rounds
 * @property {number} [busy]  share of the time that the server's CPU was in use
 * @property {number} [load]  the same of the load
 * @property {number} [foreign] the most that other processes took of a core in any round
 *
 * @typedef {object} Row
 * @property {string} name
 * @property {string} title
 * @property {'rate' | 'memory'} kind
 * @property {string} unit
 * @property {{ node20?: string, node24?: string }} wanted
 * @property {Record<string, Cell>} cells by peer id
 */

/** Above this the rounds disagree, or the machine had other things to do, too much for a figure to be quoted. */
const NOISY = { spread: 0.15, foreign: 0.1 };

const count = (/** @type {number} */ value) => {
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)} M`;
  if (value >= 1e4) return `${(value / 1e3).toFixed(0)} k`;
  return value >= 1e3 ? `${(value / 1e3).toFixed(1)} k` : value.toFixed(0);
};

const times = (/** @type {number} */ ratio) => `${ratio >= 20 ? ratio.toFixed(0) : ratio.toFixed(2)}×`;

const isNoisy = (/** @type {Cell} */ cell) =>
  cell.spread > NOISY.spread || (cell.foreign ?? 0) > NOISY.foreign;

/** @returns {string} */
const show = (/** @type {Row} */ row, /** @type {Cell | undefined} */ cell) => {
  if (!cell) return '–';
  const mark = isNoisy(cell) ? ' ~' : '';
  if (row.kind === 'memory') return `${(cell.value / 1000).toFixed(1)} kB${mark}`;
  const ratio = cell.ratio === undefined ? '' : `${times(cell.ratio)} `;
  return `${ratio}(${count(cell.value)}/s)${mark}`;
};

const aim = (/** @type {Row['wanted']} */ wanted) =>
  [wanted.node20, wanted.node24 && `Node 24: ${wanted.node24}`].filter(Boolean).join('; ') || '–';

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
    ...rows.map((row) =>
      line([row.title, ...shown.map(({ id }) => show(row, row.cells[id])), aim(row.wanted)]),
    ),
  ];
  const percent = (/** @type {number} */ share) => `${(share * 100).toFixed(0)} %`;
  const noisy = rows.flatMap(({ name, cells }) => {
    const marked = Object.entries(cells).filter(([, cell]) => isNoisy(cell));
    if (marked.length === 0) return [];
    const most = (/** @type {(cell: Cell) => number} */ of) =>
      percent(Math.max(...marked.map(([, cell]) => of(cell))));
    const who = marked.map(([id]) => id).join(', ');
    return `- ${name} (${who}): rounds up to ${most((cell) => cell.spread)} apart, others took up to ${most((cell) => cell.foreign ?? 0)} of a core`;
  });
  if (noisy.length > 0) lines.push('', '~ The machine was not quiet, or the rounds disagree:', '', ...noisy);
  return lines.join('\n');
};
