import type { AnnealError } from '../../core/index.ts'
import type { Tree } from './tree.ts'

/** Where in a document: keys and indexes from the top. */
export type Path = readonly (string | number)[]

/** One thing that is wrong in a file. Several are reported at once. */
export type Problem = Readonly<{
  path: Path
  error: AnnealError
  /** Whether the key or its value is to be pointed at. */
  at: 'key' | 'value'
  /** The value without the part that is wrong, where the rest of it is right. */
  rest?: Tree
}>

/** Collects problems while a document is read. */
export type Problems = {
  add(path: Path, error: AnnealError, at?: Problem['at'], rest?: Tree): void
  readonly all: readonly Problem[]
}

export function problemList(): Problems {
  const all: Problem[] = []
  return {
    all,
    add(path, error, at = 'value', rest) {
      all.push({ path, error, at, ...(rest === undefined ? {} : { rest }) })
    },
  }
}

/** `services.libvirt.volumes[0]`, with quotes around keys that hold other characters. */
export function formatPath(path: Path): string {
  let text = ''
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`
    else if (/^[\w-]+$/.test(step)) text += text === '' ? step : `.${step}`
    else text += `[${JSON.stringify(step)}]`
  }
  return text === '' ? '(the whole file)' : text
}
