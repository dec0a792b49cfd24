import { EXIT } from '../../src/core/index.ts'
import type { Command, FlagSpec } from '../../src/cli/command.ts'
import { EXIT_MEANINGS } from '../docs/index.ts'
import { code, paragraph, placeholder, text } from './page.ts'
import type { Block, Inline, ManualPage, Section, Term } from './page.ts'
import { inlinesOf } from './markdown.ts'

function pageName(path: readonly string[]): string {
  return ['anneal', ...path].join('-')
}

/** Pages about the files that commands read, for the references at the end. */
const ABOUT: Readonly<Record<string, readonly Inline[]>> = {
  image: [{ kind: 'page', name: 'anneal-image', section: 7 }],
  metal: [
    { kind: 'page', name: 'anneal-inventory', section: 5 },
    { kind: 'page', name: 'anneal-metal', section: 7 },
  ],
  node: [
    { kind: 'page', name: 'anneal-release', section: 5 },
    { kind: 'page', name: 'anneal-crash-safety', section: 7 },
    { kind: 'page', name: 'anneal-rescue', section: 7 },
  ],
}

/** The page of one command, from its line in the table of commands. */
export function commandPage(command: Command): ManualPage {
  const { path, operands, summary, details, flags } = command
  return {
    name: pageName(path),
    section: 1,
    summary: uncapital(summary),
    sections: [
      {
        title: 'SYNOPSIS',
        blocks: [
          paragraph(
            code(['anneal', ...path].join(' ')),
            ...operandInlines(operands),
            text(' ['),
            placeholder('flags'),
            text(']'),
          ),
        ],
      },
      {
        title: 'DESCRIPTION',
        blocks: [
          sentence(summary),
          ...(details ?? '')
            .split('\n')
            .filter((line) => line !== '')
            .map((line) => sentence(line)),
        ],
      },
      {
        title: 'OPTIONS',
        blocks: [{ kind: 'terms', items: Object.entries(flags).map(([name, spec]) => flagTerm(name, spec)) }],
      },
      exitSection(),
      ...environmentSection(flags),
      ...filesSection(flags),
      seeAlso([
        { kind: 'page', name: 'anneal', section: 1 },
        ...groupReference(path),
        ...(ABOUT[path[0] ?? ''] ?? []),
        { kind: 'page', name: 'anneal-errors', section: 7 },
      ]),
    ],
  }
}

/** The page of a group, such as anneal-node(1): its commands. */
export function groupPage(
  group: readonly string[],
  commands: readonly Command[],
  summary: string,
): ManualPage {
  return {
    name: pageName(group),
    section: 1,
    summary,
    sections: [
      {
        title: 'SYNOPSIS',
        blocks: [
          paragraph(
            code(['anneal', ...group].join(' ')),
            text(' '),
            placeholder('command'),
            text(' ['),
            placeholder('flags'),
            text(']'),
          ),
        ],
      },
      { title: 'COMMANDS', blocks: [commandList(commands)] },
      seeAlso([{ kind: 'page', name: 'anneal', section: 1 }, ...(ABOUT[group[0] ?? ''] ?? [])]),
    ],
  }
}

/** Commands with their summaries, each a reference to its page. */
export function commandList(commands: readonly Command[]): Block {
  return {
    kind: 'terms',
    items: commands.map(({ path, summary }): Term => ({
      term: [{ kind: 'page', name: pageName(path), section: 1 }],
      blocks: [sentence(summary)],
    })),
  }
}

export function exitSection(): Section {
  return {
    title: 'EXIT STATUS',
    blocks: [
      {
        kind: 'terms',
        items: Object.entries(EXIT).map(([name, exit]): Term => ({
          term: [code(String(exit))],
          blocks: [paragraph(text(EXIT_MEANINGS[name as keyof typeof EXIT]))],
        })),
      },
    ],
  }
}

export function seeAlso(pages: readonly Inline[]): Section {
  return {
    title: 'SEE ALSO',
    blocks: [paragraph(...pages.flatMap((page, index) => (index === 0 ? [page] : [text(', '), page])))],
  }
}

function groupReference(path: readonly string[]): readonly Inline[] {
  return path.length < 2 ? [] : [{ kind: 'page', name: pageName(path.slice(0, -1)), section: 1 }]
}

function flagTerm(name: string, spec: FlagSpec): Term {
  const value =
    spec.kind === 'switch' ? undefined : spec.kind === 'choice' ? spec.values.join('|') : spec.placeholder
  const form = (flag: string): readonly Inline[] => [
    code(flag),
    ...(value === undefined ? [] : [text(' '), placeholder(value)]),
  ]
  const fallback = spec.kind === 'text' || spec.kind === 'choice' ? spec.default : undefined
  const environment = spec.kind === 'text' || spec.kind === 'choice' ? spec.environment : undefined
  return {
    term: [
      ...(spec.short === undefined ? [] : [...form(`-${spec.short}`), text(', ')]),
      ...form(`--${name}`),
    ],
    blocks: [
      paragraph(
        ...sentenceInlines(spec.help),
        ...(fallback === undefined ? [] : [text(' The default is '), code(fallback), text('.')]),
        ...(environment === undefined ? [] : [text(' Environment variable: '), code(environment), text('.')]),
      ),
    ],
  }
}

function environmentSection(flags: Command['flags']): readonly Section[] {
  const items = Object.entries(flags).flatMap(([flag, spec]): readonly Term[] =>
    'environment' in spec && spec.environment !== undefined
      ? [
          {
            term: [code(spec.environment)],
            blocks: [
              paragraph(text('The value of '), code(`--${flag}`), text(' where that flag is not given.')),
            ],
          },
        ]
      : [],
  )
  return items.length === 0
    ? []
    : [{ title: 'ENVIRONMENT', blocks: [{ kind: 'terms', items: [...items, NO_COLOR] }] }]
}

export const NO_COLOR: Term = {
  term: [code('NO_COLOR')],
  blocks: [paragraph(text('If this is set to anything, no colors are used.'))],
}

export const CONFIG_FILE: Term = {
  term: [code('/etc/anneal/config.yaml')],
  blocks: [
    paragraph(
      text('Settings that stand for flags, see '),
      { kind: 'page', name: 'anneal-config', section: 5 },
      text('.'),
    ),
  ],
}

export const STATE_DIRECTORY: Term = {
  term: [code('/var/lib/anneal')],
  blocks: [paragraph(text('The journal, the history and the releases of this node.'))],
}

function filesSection(flags: Command['flags']): readonly Section[] {
  const items = [...('config' in flags ? [CONFIG_FILE] : []), ...('state' in flags ? [STATE_DIRECTORY] : [])]
  return items.length === 0 ? [] : [{ title: 'FILES', blocks: [{ kind: 'terms', items }] }]
}

/** `FILE | -- docker run ...`: what is in capitals stands for something. */
function operandInlines(operands: string): readonly Inline[] {
  if (operands === '') return []
  const parts = operands
    .split(/([A-Z]+)/)
    .map((part) => (/^[A-Z]+$/.test(part) ? placeholder(part) : text(part)))
  return [text(' '), ...parts.filter((part) => part.kind === 'page' || part.text !== '')]
}

/** Help texts are written without a capital at their begin and a full stop at their end, or with both. */
function sentence(words: string): Block {
  return paragraph(...sentenceInlines(words))
}

function sentenceInlines(words: string): readonly Inline[] {
  const ended = /[.:!?]$|[.!?]["')]$/.test(words) ? words : `${words}.`
  return inlinesOf(
    /^[a-z]+[A-Z./]/.test(ended) ? ended : ended.charAt(0).toUpperCase() + ended.slice(1),
    new Map(),
  )
}

/** `Show what` → `show what`, and `OpenStack …` as it is. */
function uncapital(words: string): string {
  const line = words.replaceAll('`', '').replace(/\.$/, '')
  return /^[A-Z][a-z]*\b/.test(line) ? line.charAt(0).toLowerCase() + line.slice(1) : line
}
