import { parseKernelCommandLine } from './parse.ts'

/**
 * What iPXE would make of a command line in its script, in words; undefined where the kernel gets it as it is. iPXE puts in its
 * settings, then takes words apart at blanks: quotes and backslashes are letters like others (`system` and `expand_command` of
 * src/core/exec.c; asked of 1.0.0, 1.21.1 and 2.0.0: findings/ipxe-keeps-the-quotes.sh).
 */
export function changedByIpxe(line: string): string | undefined {
  const setting = /\$\{[^}]*\}/.exec(line)?.[0]
  if (setting !== undefined) return `“${setting}” is a setting of iPXE`
  const end = line.split(/\s+/).find((word) => /^(&&|\|\||;|#.*)$/.test(word))
  if (end !== undefined) return `the word “${end}” ends the command`
  if (line.trimEnd().endsWith('\\')) return 'a backslash at the end joins the next line'
  const { arguments: found, init } = parseKernelCommandLine(line)
  const wide = [...found.map(({ text }) => text), ...quotedIn(init)].find((text) => /\s\s|[^\S ]/.test(text))
  return wide === undefined ? undefined : `the blanks in a row of “${wide}” become one`
}

function quotedIn(init: string): readonly string[] {
  return init === '' ? [] : parseKernelCommandLine(init).arguments.map(({ text }) => text)
}
