/** One call of an engine's command line that was found in a text. */
export type EngineCall = Readonly<{
  program: string
  verb: string
  /** What follows the verb. */
  words: readonly string[]
}>

const PROGRAM = /^(docker|podman|nerdctl)$/

/** Flags before the verb that take a value (docker(1), podman(1)). */
const VALUED =
  /^(-H|--host|--config|-c|--context|-l|--log-level|--root|--runroot|--tmpdir|--cgroup-manager|--runtime|--storage-driver|--storage-opt|--connection|--url|--hooks-dir|--network-cmd-path|--module|--events-backend)$/

/**
 * Calls of docker and podman in words: those of a process, or of a command line or script that was split at blanks. It
 * goes by words alone and runs nothing, so it sees a call also in a branch that is never taken.
 */
export function engineCalls(words: readonly string[]): readonly EngineCall[] {
  return words.flatMap((word, index): EngineCall[] => {
    const program = word.slice(word.lastIndexOf('/') + 1)
    if (!PROGRAM.test(program)) return []
    let at = index + 1
    // A variable that holds flags is one word here.
    while (/^[-$]/.test(words[at] ?? '')) at += VALUED.test(words[at] ?? '') ? 2 : 1
    // `docker container start` is `docker start`.
    if (words[at] === 'container') at += 1
    const verb = words[at]
    if (verb === undefined) return []
    return [{ program, verb, words: words.slice(at + 1) }]
  })
}

/** What a call selects containers by: `--filter name=nova`, `-f label!=tier=web`. */
export type Filter = Readonly<{
  key: string
  value: string
  /** `label!=…` */
  isNegated: boolean
}>

/** The filters of a call by name, label and restart policy, however they are written; others are left out. */
export function filtersOf({ words }: EngineCall): readonly Filter[] {
  return words.flatMap((word): Filter[] => {
    const [, key, not, value = ''] =
      /^(?:--filter=|-f=?)?(name|label|restart-policy)(!?)=(.*)$/.exec(word) ?? []
    return key === undefined ? [] : [{ key, value, isNegated: not === '!' }]
  })
}

/** Words of a shell's text. Quotes and separators part words as blanks do: what is looked for holds neither. */
export function wordsOf(text: string): readonly string[] {
  return text
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => !/^\s*#/.test(line))
    .join('\n')
    .split(/[\s"'`;|&()]+/)
    .filter((word) => word !== '')
}

/** A container by name, by id or by the beginning of its id. */
export type Named = Readonly<{ id: string; name: string }>

/** Whether the call makes the container run: `start` and `restart` name it, `run` and `create` give it its name. */
export function startsContainer({ verb, words }: EngineCall, container: Named): boolean {
  if (verb === 'start' || verb === 'restart') return words.some((word) => isNamed(word, container))
  if (verb !== 'run' && verb !== 'create') return false
  return givenName(words) === container.name
}

/** Whether somebody waits here for the container to end, to do something then. */
export function waitsFor(call: EngineCall, container: Named): boolean {
  const { verb, words } = call
  if (verb === 'wait' || verb === 'attach') return words.some((word) => isNamed(word, container))
  if (verb === 'start')
    return (
      words.some((word) => /^(--attach|-[a-z]*a[a-z]*)(=true)?$/.test(word)) &&
      startsContainer(call, container)
    )
  const detached = words.some((word) => /^(--detach|-[a-z]*d[a-z]*)(=true)?$/.test(word))
  return verb === 'run' && !detached && startsContainer(call, container)
}

const ATTACHES = /^(--attach|-[i]*a[i]*)(=true)?$/
const KEPT_AT_ATTACH = /^--(sig-proxy|detach-keys)=/

/**
 * The call of Podman that waits for a container which runs, in place of a `podman start -a` that would start it: Podman 5.4 and 5.8 refuse
 * that for a container that runs already ("cannot open exec.fifo", exit code 125), where Docker and Podman 4.3 attach to it. undefined
 * where the line is no such call, or says more than can be kept.
 */
export function attachInstead(line: string): string | undefined {
  const words = line.split(' ').filter((word) => word !== '')
  const [call, ...others] = engineCalls(words)
  if (call?.program !== 'podman' || call.verb !== 'start' || others.length > 0) return undefined
  const rest = call.words.filter((word) => !ATTACHES.test(word) && !/^(--interactive|-i)$/.test(word))
  const names = rest.filter((word) => !word.startsWith('-'))
  const kept = rest.filter((word) => KEPT_AT_ATTACH.test(word))
  if (rest.length === call.words.length || names.length !== 1 || names.length + kept.length !== rest.length)
    return undefined
  const before = words.slice(0, words.length - call.words.length - 1)
  return [...before, 'attach', '--no-stdin', ...kept, ...names].join(' ')
}

/** Whether the call takes the container away. */
export function removesContainer({ verb, words }: EngineCall, container: Named): boolean {
  if (verb !== 'rm') return false
  return words.some((word) => isNamed(word, container) || word.startsWith('--cidfile'))
}

/** Whether a word means the container. */
export function isNamed(word: string, { id, name }: Named): boolean {
  return word === name || word === id || (/^[0-9a-f]{4,64}$/.test(word) && id.startsWith(word))
}

function givenName(words: readonly string[]): string | undefined {
  for (const [index, word] of words.entries()) {
    if (word === '--name') return words[index + 1]
    if (word.startsWith('--name=')) return word.slice('--name='.length)
  }
  return undefined
}
