import { isSecretValue, secretSpans } from './secret-content.ts'
import type { SecretSpan } from './secret-content.ts'

/**
 * The one rule for secrets, wherever they stand: a variable, a label, a word of a command, a file. What is secret about
 * the value under this name, to be told; undefined where nothing is. Values are never told.
 */
export function secretIn(name: string, value: string): string | undefined {
  if (isSecretValue(name, value)) return name
  return secretSpans(value)[0]?.kind
}

/** The text with every secret in it replaced. `name` is what it stands under; all of it goes where that says so. */
export function withoutSecrets(name: string, text: string, replacement: (kind: string) => string): string {
  if (isSecretValue(name, text)) return replacement(name)
  return replaced(text, secretSpans(text), replacement)
}

/**
 * What is secret on a command line: `--os-password`, `the password of a URL, in argument 2`. Gives names to print, never
 * values. `-p` and the like count only for programs of which that is known.
 */
export function secretOptions(argv: readonly string[]): readonly string[] {
  const found = spansOfWords(argv).flatMap((spans, index) =>
    spans.map(({ kind }) => (/^[-A-Z]/.test(kind) ? kind : `${kind}, in argument ${index + 1}`)),
  )
  return [...new Set(found)]
}

/** The command line with every secret in it replaced. */
export function wordsWithoutSecrets(
  argv: readonly string[],
  replacement: (kind: string) => string,
): readonly string[] {
  const spans = spansOfWords(argv)
  return argv.map((word, index) => replaced(word, spans[index] ?? [], replacement))
}

/** By each word alone, and by all of them as one line: `--password` and its value are two words. */
function spansOfWords(argv: readonly string[]): readonly (readonly SecretSpan[])[] {
  const line = argv.join(' ')
  const inLine = secretSpans(line)
  let begin = 0
  return argv.map((word) => {
    const from = begin
    const end = from + word.length
    begin = end + 1
    const own = secretSpans(word)
    const others = inLine
      .filter((span) => span.start < end && span.end > from)
      .map((span) => ({
        kind: span.kind,
        start: Math.max(span.start - from, 0),
        end: Math.min(span.end - from, word.length),
      }))
      .filter((span) => !own.some((one) => one.start < span.end && span.start < one.end))
    return [...own, ...others]
  })
}

function replaced(text: string, spans: readonly SecretSpan[], replacement: (kind: string) => string): string {
  let out = ''
  let at = 0
  for (const { kind, start, end } of spans.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    if (end <= at) continue
    // Of two that overlap, both go.
    if (start >= at) out += text.slice(at, start) + replacement(kind)
    at = end
  }
  return out + text.slice(at)
}
