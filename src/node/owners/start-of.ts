import type { Container } from '../container.ts'
import { composeProject } from './compose-project.ts'
import { engineCalls, filtersOf, startsContainer, wordsOf } from './engine-calls.ts'
import type { EngineCall } from './engine-calls.ts'

/** What a unit or a job runs. */
export type Commands = Readonly<{
  /** Command lines. */
  starts: readonly string[]
  /** Texts of the scripts that they start. */
  scripts: readonly string[]
  /** Where a call of Compose in them finds its project when the call names none. */
  composeFrom?: readonly string[]
}>

/**
 * How commands start a container: a command line names it, they bring up its Compose project, a script names it, or they start
 * every container that is stopped.
 */
export type Start = 'named' | 'composed' | 'scripted' | 'all' | 'listed'

export const START_TOLD: Readonly<Record<Start, string>> = {
  named: 'a command names the container',
  composed: 'it brings up the container’s Compose project',
  scripted: 'a script that it starts names the container',
  all: 'it starts every stopped container',
  listed: 'it starts containers whose names it reads from elsewhere',
}

/** How these commands would start the container; undefined where they would not. Goes by words, and runs nothing. */
export function startOf(commands: Commands, container: Container): Start | undefined {
  const texts = [...commands.starts, ...commands.scripts]
  if (commands.starts.some((line) => starting(line, container))) return 'named'
  if (texts.some((text) => composes(text, commands, container))) return 'composed'
  // A command line that holds a variable, a list, or the text of another language is a script of one line.
  const scripts = [
    ...commands.scripts,
    ...commands.starts.filter((line) => PROGRAM_TEXT.test(line) || REQUEST.test(line)),
  ]
  if (scripts.some((text) => starting(text, container) || namesAndStarts(text, container))) return 'scripted'
  if (texts.some((text) => startsStopped(text, container))) return 'all'
  return texts.some(startsListed) ? 'listed' : undefined
}

function starting(text: string, container: Container): boolean {
  return engineCalls(wordsOf(text)).some((call) => startsContainer(call, container))
}

/** A variable may hold the name: then the name and a call that starts something are what there is to see. */
function namesAndStarts(script: string, { name }: Container): boolean {
  // Python's and JSON's lists: `["docker", "start", name]`.
  const words = wordsOf(script.replaceAll(/[[\],]/g, ' '))
  const calls =
    engineCalls(words).some(({ verb }) => /^(start|restart|run|create)$/.test(verb)) || REQUEST.test(script)
  return (
    calls && words.some((word) => word === name || word.endsWith(`=${name}`) || word.includes(`/${name}/`))
  )
}

/** Of a shell, and `["docker", "start", NAME]` of Python, Perl, Ruby or JavaScript. */
const PROGRAM_TEXT = /\$|`|\bfor\b|\bxargs\b|["'](\S*\/)?(docker|podman|nerdctl)["']\s*,/

/** The engine's own interface: `curl … /containers/NAME/start`, and the methods of Docker's and Podman's Python. */
const REQUEST = /\/containers\/\S+?\/(start|restart)\b|\.(start|restart)\(/

/** `xargs docker start <FILE`, `docker start $(cat FILE)`, `while read name; do docker start "$name"; done`. */
function startsListed(text: string): boolean {
  const calls = engineCalls(wordsOf(text))
  if (calls.some(({ verb }) => verb === 'ps') || !LISTED.test(text)) return false
  return calls.some(({ verb, words }) => {
    const first = words.find((word) => !word.startsWith('-'))
    return (
      /^(re)?start$/.test(verb) &&
      (first === undefined || /^([$<>].*|cat|head|grep|awk|sed|sort|jq)$/.test(first))
    )
  })
}

const LISTED = /\b(xargs|read|mapfile|readarray)\b|(\$\(|`)\s*(<|(cat|head|grep|awk|sed|sort|jq)\b)/

/** `docker compose up`, `docker-compose up`, `podman-compose up` of the project that the container is of. */
function composes(text: string, { composeFrom }: Commands, container: Container): boolean {
  const found = composeProject(container)
  if (found === undefined || !/\b(docker|podman)[ -]compose\b/.test(text)) return false
  const places = [found.project, found.directory, ...found.files].filter((place) => place !== '')
  const words = wordsOf(text).map((word) => word.slice(word.indexOf('=') + 1))
  return [...words, ...(composeFrom ?? [])].some((word) => places.includes(word.replace(/(?<=.)\/+$/, '')))
}

/** `docker start $(docker ps -aq)`, `docker ps -aq | xargs docker start`, `podman start --all`. */
function startsStopped(text: string, container: Container): boolean {
  const calls = engineCalls(wordsOf(text))
  const starts = calls.filter(({ verb }) => verb === 'start' || verb === 'restart')
  if (starts.length === 0) return false
  return (
    starts.some((call) => call.words.includes('--all') && selects(call, container)) ||
    calls.some((call) => call.verb === 'ps' && listsStopped(call) && selects(call, container))
  )
}

function listsStopped({ words }: EngineCall): boolean {
  return words.some((word) => /^(--all(=true)?|-[a-z]*a[a-z]*|.*\bstatus=(exited|created|dead))$/.test(word))
}

/** Whether the filters of a call leave the container in. A filter that Anneal does not know leaves it in. */
function selects(call: EngineCall, { name, labels }: Container): boolean {
  return filtersOf(call).every(({ key, value, isNegated }) => {
    if (isNegated) return true
    if (key === 'name') return name.includes(value.replaceAll(/[\^$/]/g, ''))
    // Anneal takes the policy back; where the engine cannot do that, the unit is known by it.
    if (key === 'restart-policy') return false
    const [label = '', wanted] = value.split('=')
    return label in labels && (wanted === undefined || labels[label] === wanted)
  })
}
