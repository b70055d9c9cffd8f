/** The verdicts as a file that is committed: a line for each case, so that a change of behaviour is a line in review. */
import { type Case, categories } from './case.js';
import type { Behaviour, Verdict } from './verdict.js';

export type Line = Verdict & { readonly title: string };
export type Section = Record<string, Record<string, Line>>;
export interface Report {
  readonly server: Section;
  readonly client: Section;
}

const categoryOf = (id: string): string =>
  categories[Number(id.split('.')[0]) as keyof typeof categories] ?? 'without a category';

export const sectionOf = (cases: readonly Case[], verdicts: ReadonlyMap<string, Verdict>): Section => {
  const section: Section = {};
  for (const { id, title } of cases) {
    const verdict = verdicts.get(id);
    if (verdict === undefined) continue;
    section[categoryOf(id)] ??= {};
    section[categoryOf(id)]![id] = { title, ...verdict };
  }
  return section;
};

export const tally = (section: Section): Partial<Record<Behaviour, number>> => {
  const counts: Partial<Record<Behaviour, number>> = {};
  for (const lines of Object.values(section)) {
    for (const { behaviour } of Object.values(lines)) counts[behaviour] = (counts[behaviour] ?? 0) + 1;
  }
  return counts;
};

/** JSON with one case a line. */
export const print = (report: Report): string => {
  const block = (entries: [string, string][], indent: string): string =>
    `{\n${entries.map(([key, value]) => `${indent}  ${JSON.stringify(key)}: ${value}`).join(',\n')}\n${indent}}`;
  const section = (value: Section): string =>
    block(
      Object.entries(value).map(([category, lines]) => [
        category,
        block(
          Object.entries(lines).map(([id, line]) => [id, JSON.stringify(line)]),
          '    ',
        ),
      ]),
      '  ',
    );
  return `${block(
    Object.entries(report).map(([role, value]: [string, Section]) => [role, section(value)]),
    '',
  )}\n`;
};
