import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../source/index.ts'
import { page, table } from './markdown.ts'

const FOLDER = 'findings'

/** What the scripts share and what runs them all: no findings. */
const NO_FINDINGS: ReadonlySet<string> = new Set(['lib.sh', 'run-all.sh'])

const HEAD = `<!-- Written by \`npm run docs\` from the line "# Short:" of each script. -->

# Findings

A finding is something about a library, a tool, a server or a format of this field that somebody who knows it would guess
wrong, and that we guessed wrong. Each is a script: it installs the packages it names, in these versions, into a temporary
folder (or takes the program of a Debian 12 machine and looks at its version), runs them on valid input, prints the guess and
what is seen, and fails once that changes. Anneal takes no part in it. What went wrong in Anneal itself is not here, but fixed
and tested.

    findings/run-all.sh                          # all of them
    findings/compose-rewrites-dates.sh           # one

Exit code 0: it is still so. 1: it has changed. 77: not run, and why: a package of that version is not served any more, or
another version of a program is installed. Most need root for nothing. The head of each script says more: what it matters for,
and what Anneal does there.`

/** findings/README.md: one row for each script. */
export function findingsPage(): string {
  const scripts = readdirSync(join(ROOT, FOLDER)).filter(
    (name) => name.endsWith('.sh') && !NO_FINDINGS.has(name),
  )
  const rows = scripts.toSorted().map((name) => {
    const cells = shortForm(readFileSync(join(ROOT, FOLDER, name), 'utf8'))
    if (cells === undefined)
      throw new Error(`${FOLDER}/${name} has no line "# Short: versions | guess | seen"`)
    return [`[${name.replace(/\.sh$/, '')}](${name})`, ...cells]
  })
  return page([HEAD, table(['script', 'package and version', 'one would guess', 'what is seen'], rows)])
}

/** The three cells of `# Short: versions | guess | seen` in the head of a script. */
export function shortForm(script: string): readonly string[] | undefined {
  const line = /^# Short: +(.+)$/m.exec(script)?.[1]
  const cells = line?.split(' | ').map((cell) => cell.trim())
  return cells?.length === 3 && cells.every((cell) => cell !== '') ? cells : undefined
}
