/** A message's text as elements: links, code, and otherwise text. */
import { memo } from 'react';
import { parseText } from '../text/parse.js';

export const MessageText = memo(function MessageText(props: { readonly text: string }) {
  return parseText(props.text).map((piece, index) => {
    // A text's pieces never move among each other: the index tells them apart.
    const key = `${index} ${piece.kind}`;
    switch (piece.kind) {
      case 'link':
        return (
          <a key={key} href={piece.href} target="_blank" rel="noopener noreferrer nofollow">
            {piece.text}
          </a>
        );
      case 'code':
        return <code key={key}>{piece.text}</code>;
      case 'block':
        return (
          // biome-ignore lint/a11y/noNoninteractiveTabindex: long lines are scrolled to, by keys too.
          <pre key={key} tabIndex={0}>
            {piece.text}
          </pre>
        );
      default:
        return piece.text;
    }
  });
});
