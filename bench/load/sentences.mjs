/** Text that compresses like chat does: about a third of its size, and never the same message twice. */
import { bytes } from './frames.mjs';

const words =
  'the a of and to in is it you that he was for on are with as his they at be this from have or by one had not but what all were when we there can an your which their said if do will each about how up out them then she many some so these would other into has more her two like him see time could no make than first been its who now people my made over did down only way find use may water long little very after called just where most know'.split(
    ' ',
  );

/**
 * @param {number} length in bytes; all of it ASCII
 * @param {number} seed
 */
export const sentences = (length, seed = 7) => {
  const dice = bytes(length, seed);
  let text = `{"type":"message","key":"${dice.subarray(0, 6).toString('hex')}","text":"`;
  for (let i = 0; text.length < length; i++)
    text += `${words[/** @type {number} */ (dice[i]) % words.length]} `;
  return text.slice(0, length);
};

const characters =
  '人们今天在这里说话我你他们都知道时间不多了明天早上见面好吗谢谢大家再想一下问题可以先去吃饭';

/** Chinese text, three bytes a character; what is left over at the end is filled with points. */
export const chinese = (/** @type {number} */ length) => {
  const text = Array.from({ length: Math.floor(length / 3) }, (_, i) => characters[i % characters.length]);
  return Buffer.from(text.join('').concat('.'.repeat(length % 3)));
};
