import { closeSync, fstatSync, openSync, readFileSync, readSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Longest script that is read. */
const MAX_SCRIPT_BYTES = 256 * 1024

/** What a unit, a job or a script has to mention to have to do with containers. */
export function mentionsEngine(text: string): boolean {
  return /\b(docker|podman|nerdctl)\b/.test(text)
}

/** What it has to mention to start a unit of systemd, which may start a container. */
export function startsUnits(text: string): boolean {
  return /\b(systemctl|service|invoke-rc\.d)\b[^\n]*\b(start|restart|reload-or-restart)\b/.test(text)
}

/** How far scripts are followed that scripts call, and how many of them. */
const [MAX_DEPTH, MAX_SCRIPTS] = [3, 64]

export type ScriptsOptions = Readonly<{
  /** Where the host's files are. */
  root: string
  /** Where programs are looked for that are called by name alone. */
  path?: readonly string[]
  /** Folders of run-parts(8) that the caller reads by itself. */
  known?: readonly string[]
}>

/**
 * Texts of the scripts that command lines call, and of those that these call: by their path, below the directory of a `cd`, by
 * name, or as files of a folder (run-parts(8)). What a shell or Python is given to run needs no `#!`.
 */
export function scriptsIn(lines: readonly string[], options: ScriptsOptions): readonly string[] {
  const found = new Map<string, string>()
  let texts = lines
  for (let depth = 0; depth < MAX_DEPTH && texts.length > 0; depth += 1) {
    const next: string[] = []
    // A script has too many words to look for each of them in all folders.
    const path = depth === 0 ? (options.path ?? []) : []
    for (const { file, interpreted } of texts.flatMap((text) => calledIn(text, { ...options, path }))) {
      if (found.has(file) || found.size === MAX_SCRIPTS) continue
      const text = readScript(join(options.root, file), interpreted)
      if (text === undefined) continue
      found.set(file, text)
      next.push(text)
    }
    texts = next
  }
  return [...found.values()]
}

type Called = Readonly<{ file: string; interpreted: boolean }>

const INTERPRETER = /(^|\/)(sh|bash|dash|ash|ksh|zsh|source|\.|python3?|perl)$/

/** Files that the text may call. Goes by words: most of them are no file, or no script. */
function calledIn(text: string, { root, path = [], known = [] }: ScriptsOptions): readonly Called[] {
  const called: Called[] = []
  // `sh -e FILE`: the last word that is no flag. And where a `cd` led.
  let [before, below] = ['', '']
  for (const raw of text.split(/[\s"'`;|&()]+/)) {
    const word = raw.replace(/^[-@:+!]+(?=\/)/, '')
    const interpreted = INTERPRETER.test(before)
    const files = filesOf(word, { before, below, interpreted })
    called.push(...files.map((file) => ({ file, interpreted })))
    if (before === 'cd') below = word
    if (word !== '' && !word.startsWith('-')) before = word
  }
  return called

  function filesOf(
    word: string,
    at: Readonly<{ before: string; below: string; interpreted: boolean }>,
  ): readonly string[] {
    if (word.startsWith('/')) {
      if (!/(^|\/)run-parts$/.test(at.before)) return [word]
      // It leaves out names with a dot, as those of editors and packages have.
      const names = known.includes(word.slice(1)) ? [] : namesIn(join(root, word))
      return names.filter((name) => /^[\w-]+$/.test(name)).map((name) => join(word, name))
    }
    if (!/^[\w.][\w./-]*$/.test(word)) return []
    const isPath = word.includes('/')
    const relative = at.below.startsWith('/') && (isPath || at.interpreted) ? [join(at.below, word)] : []
    return isPath ? relative : [...relative, ...path.map((folder) => join(folder, word))]
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

/**
 * Text of a file that begins with `#!`; undefined for anything else. What is `interpreted` needs no such beginning, and is text
 * all the same. Does not wait for a pipe or a device.
 */
export function readScript(path: string, interpreted = false): string | undefined {
  let file: number | undefined
  try {
    if (!statSync(path).isFile()) return undefined
    file = openSync(path, 'r')
    const begin = Buffer.alloc(2)
    readSync(file, begin, 0, 2, 0)
    const isMarked = begin.toString('latin1') === '#!'
    if ((!isMarked && !interpreted) || fstatSync(file).size > MAX_SCRIPT_BYTES) return undefined
    const text = readFileSync(file, 'utf8')
    return isMarked || !text.includes('\0') ? text : undefined
  } catch {
    return undefined
  } finally {
    if (file !== undefined) closeSync(file)
  }
}
