/** A piece of a line. */
export type Inline =
  | Readonly<{ kind: 'text' | 'strong' | 'emphasis'; text: string }>
  /** What is typed or printed as it is: a command, a flag, a path, a key of a file. */
  | Readonly<{ kind: 'code'; text: string }>
  /** What stands for something else: `FILE`. */
  | Readonly<{ kind: 'placeholder'; text: string }>
  /** Another page of this manual. */
  | Readonly<{ kind: 'page'; name: string; section: number }>

export type Block =
  | Readonly<{ kind: 'paragraph'; inlines: readonly Inline[] }>
  | Readonly<{ kind: 'subsection'; title: readonly Inline[] }>
  /** Lines that are not filled. */
  | Readonly<{ kind: 'literal'; text: string }>
  | Readonly<{ kind: 'list'; items: readonly (readonly Block[])[] }>
  /** Names, each with what it means: flags, keys of a file, codes. */
  | Readonly<{ kind: 'terms'; items: readonly Term[] }>

export type Term = Readonly<{ term: readonly Inline[]; blocks: readonly Block[] }>

export type Section = Readonly<{ title: string; blocks: readonly Block[] }>

/** One page of the manual: what roff and HTML are written from. */
export type ManualPage = Readonly<{
  /** `anneal-node-plan`. */
  name: string
  /** 1: commands; 5: files; 7: what belongs to no command alone. */
  section: 1 | 5 | 7
  /** One line, with neither a capital at its begin nor a full stop. */
  summary: string
  sections: readonly Section[]
}>

export function text(words: string): Inline {
  return { kind: 'text', text: words }
}

export function code(words: string): Inline {
  return { kind: 'code', text: words }
}

export function placeholder(words: string): Inline {
  return { kind: 'placeholder', text: words }
}

export function paragraph(...inlines: readonly Inline[]): Block {
  return { kind: 'paragraph', inlines }
}

/** The words of a piece without what it is. */
export function plainText(inlines: readonly Inline[]): string {
  return inlines.map((one) => (one.kind === 'page' ? `${one.name}(${one.section})` : one.text)).join('')
}
