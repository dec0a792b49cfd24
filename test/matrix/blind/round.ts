import type { ComputeHost, NestedEngine } from '../../../lab/index.ts'
import { anneal } from '../anneal.ts'
import type { Answer } from '../anneal.ts'
import { CAUSE_FLAG } from '../causes.ts'
import type { Cause } from '../causes.ts'
import { judge } from './judge.ts'
import type { Judged, Said, Seen } from './judge.ts'
import { FUNCTIONS, OTHER, act, containerName, reach, runContainer, settleIn } from './script.ts'
import type { Numbered } from './script.ts'

export type BlindStage = Readonly<{
  host: ComputeHost
  engine: NestedEngine
  image: string
  /** A cgroup parent that the engine's driver takes. */
  parent: string
}>

/** The kill set of a container that is started again is asked for as that of a stop: so does whoever wants to know. */
const QUESTION: Readonly<Record<string, Cause>> = {
  stop: 'stop',
  kill: 'kill',
  remove: 'rm -f',
  start: 'stop',
  'shim killed': 'shim killed',
}
/** What is going to be killed is dead by then; containerd deletes what a dead shim leaves in its own time. */
const SETTLE_S = 3
const SHIM_SETTLE_S = 7
const TIMEOUT_MS = 240_000

type Found = Omit<Seen, 'lived'> & Readonly<{ index: number; start: string }>
type KillSetAnswer = Readonly<{
  killSets: readonly Readonly<{ containerName: string; doomed: readonly Readonly<{ pid: number }>[] }>[]
  endangered: readonly Readonly<{ containerName: string; pid: number }>[]
  census: Readonly<{ guests: readonly Readonly<{ identity: Readonly<{ pid: number }> }>[] }>
}>

export type Outcome = Numbered & Judged

/** Brings the nodes up side by side on one host, asks of each, then does to each what is its lot. */
export async function runRound(stage: BlindStage, nodes: readonly Numbered[]): Promise<readonly Outcome[]> {
  const { host, engine, image, parent } = stage
  try {
    await host.sh(
      [
        `${engine} run --detach --name ${OTHER} --pid=host --network=host --privileged --entrypoint=sleep ${image} 8000000 >/dev/null`,
        ...nodes.map((one) => `(${runContainer(engine, image, one, parent)}) &`),
        'wait',
      ].join('\n'),
      { timeoutMs: TIMEOUT_MS * host.patience },
    )
    const placed = await host.sh([FUNCTIONS, ...nodes.map((one) => settleIn(engine, one))].join('\n'), {
      timeoutMs: TIMEOUT_MS * host.patience,
    })
    await host.sh([...nodes.map((one) => `${reach(engine, one)} &`), 'wait'].join('\n'), {
      timeoutMs: TIMEOUT_MS * host.patience,
    })
    const found = await stillThere(host, foundIn(placed))
    const said = await ask(stage, nodes)
    const settle = nodes.some(({ node }) => node.act === 'shim killed') ? SHIM_SETTLE_S : SETTLE_S
    await host.exec(
      [
        'bash',
        '-c',
        [...nodes.map((one) => `(${act(engine, one)}) &`), 'wait', `sleep ${settle}`].join('\n'),
      ],
      { timeoutMs: TIMEOUT_MS * host.patience },
    )
    const after = new Set((await stillThere(host, found)).map(({ pid }) => pid))
    return nodes.map((one) => {
      const seen = found
        .filter(({ index }) => index === one.index)
        .map((process): Seen => ({ ...process, lived: after.has(process.pid) }))
      const answer = said.get(one.index)
      return { ...one, ...(answer === undefined ? noAnswer : judge(answer, seen)) }
    })
  } catch (error) {
    const why = [error instanceof Error ? error.message : String(error)]
    return nodes.map((one) => ({ ...one, verdict: 'ERROR', why }))
  } finally {
    await clearHost(stage)
  }
}

const noAnswer: Judged = { verdict: 'ERROR', why: ['anneal node kill-set gave no answer'] }

function foundIn(text: string): readonly Found[] {
  return Array.from(text.matchAll(/^seen (\d+) (guest|bystander) (\d+) (\d+) (\d+)$/gm), (match) => ({
    index: Number(match[1]),
    role: match[2] === 'guest' ? 'guest' : 'bystander',
    label: `${match[2]} ${match[3]}`,
    pid: Number(match[4]),
    start: match[5] ?? '',
  }))
}

/** Those that are the very same process. */
async function stillThere(host: ComputeHost, found: readonly Found[]): Promise<readonly Found[]> {
  const script = `${FUNCTIONS}
    for one in "$@"; do [ "$(start_of "\${one%:*}")" != "\${one#*:}" ] || echo "\${one%:*}"; done`
  const argv = found.map(({ pid, start }) => `${pid}:${start}`)
  const alive = new Set((await host.must(['bash', '-c', script, 'bash', ...argv])).split('\n').map(Number))
  return found.filter(({ pid }) => alive.has(pid))
}

/** One question for all nodes that have the same cause. */
async function ask(
  { host, engine }: BlindStage,
  nodes: readonly Numbered[],
): Promise<ReadonlyMap<number, Said>> {
  const said = new Map<number, Said>()
  for (const cause of new Set(nodes.map(({ node }) => QUESTION[node.act] ?? 'stop'))) {
    const mine = nodes.filter(({ node }) => (QUESTION[node.act] ?? 'stop') === cause)
    const names = mine.map(({ index }) => containerName(index))
    const answer = await anneal(host, engine, ['node', 'kill-set', ...names, '--cause', CAUSE_FLAG[cause]])
    for (const { index } of mine) said.set(index, saidOf(answer, containerName(index)))
  }
  return said
}

function saidOf(answer: Answer, name: string): Said {
  const value = answer.value as KillSetAnswer | undefined
  if (value === undefined)
    throw new Error(`anneal node kill-set exited with ${answer.exitCode}: ${answer.stderr.trim()}`)
  return {
    exitCode: answer.exitCode,
    doomed: value.killSets
      .filter((one) => one.containerName === name)
      .flatMap(({ doomed }) => doomed.map(({ pid }) => pid)),
    endangered: value.endangered.filter((one) => one.containerName === name).map(({ pid }) => pid),
    census: value.census.guests.map(({ identity }) => identity.pid),
  }
}

/** Processes, containers and groups of the round. */
async function clearHost({ host, engine }: BlindStage): Promise<void> {
  await host.exec(
    [
      'bash',
      '-c',
      `for file in $(grep -laE 'b11d0000-0000|sleep.[78]0[0-9]{5}' /proc/[0-9]*/cmdline); do
         pid=\${file#/proc/}; pid=\${pid%/cmdline}
         # Neither this shell nor the one who waits for it: the next round would begin while this goes on.
         [ "$pid" = $$ ] || [ "$pid" = $PPID ] || kill -KILL "$pid" 2>/dev/null
       done
       systemctl stop 'blind-*.service' 2>/dev/null; systemctl reset-failed 'blind-*.service' 2>/dev/null
       for n in $(seq 20); do
         all=$(${engine} ps --all --quiet --no-trunc); [ -n "$all" ] || break
         for one in $all; do
           ${engine} unpause "$one" >/dev/null 2>&1
           ${engine} rm --force "$one" >/dev/null 2>&1 &
         done
         wait; sleep 1
       done
       find /sys/fs/cgroup -depth -type d -name 'blind-*' -exec rmdir {} + 2>/dev/null; true`,
    ],
    { timeoutMs: TIMEOUT_MS * host.patience },
  )
}
