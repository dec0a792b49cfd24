import { formatDuration } from '../core/index.ts'
import { MECHANISMS, shortId } from '../node/index.ts'
import type { CheckReport, Effect, Endangered, GuestEnding, Plan, Supervisor } from '../node/index.ts'
import { subjectOf } from '../app/node/index.ts'
import type { RunReport } from '../app/node/index.ts'
import type { Output } from './output.ts'

/** Texts for people. Byte-stable for the same plan: nothing here reads a clock. */
export function describePlan(plan: Plan, output: Output): string {
  const from = plan.fromReleaseId === undefined ? 'nothing' : shortId(plan.fromReleaseId)
  const lines = [`${output.bold(plan.kind)} ${plan.project}: ${from} → ${shortId(plan.toReleaseId)}`]
  for (const action of plan.actions) {
    switch (action.action) {
      case 'replace':
        lines.push(`  replace  ${action.service}: ${action.old.containerName} → ${action.newName}`)
        lines.push(...describeSupervisors(action.old.supervisors, 'disarm'))
        lines.push(...describeSupervisors(action.next.supervisors, 'rearm'))
        break
      case 'add':
        lines.push(`  add      ${action.service}: ${action.newName}`)
        break
      case 'remove':
        lines.push(`  remove   ${action.service}: ${action.old.containerName} stops and is kept`)
        lines.push(...describeSupervisors(action.old.supervisors, 'disarm'))
        break
      case 'keep':
        lines.push(
          `  keep     ${action.service}: ${action.because === 'unchanged' ? 'unchanged' : 'guests need it; it is replaced once none does'}`,
        )
        break
    }
  }
  return lines.join('\n')
}

function describeSupervisors(
  supervisors: readonly Supervisor[] = [],
  act: 'disarm' | 'rearm',
): readonly string[] {
  return supervisors.map(({ unit, ran, makes }) => {
    const creating = makes === true ? ', which creates the container,' : ''
    return act === 'disarm'
      ? `           ${unit}${creating} is kept from starting it (drop-in), and given back on the way back`
      : `           ${unit}${creating} may start it again${ran ? ', and is started' : ''}`
  })
}

/** Its findings are listed apart, with those of the release. */
export function describeCheck(check: CheckReport, output: Output): string {
  const { guests, helpers } = check.census
  const lines = [`guests: ${guests.length}, helpers: ${helpers.length}`]
  for (const guest of guests) {
    const danger = check.endangered.find((one) => one.pid === guest.identity.pid)
    const state = check.domains?.find((domain) => domain.uuid === guest.uuid)?.state
    // A name that nobody expects is worth saying: `ps | grep qemu` does not find this one.
    const called =
      guest.witnesses === undefined || guest.witnesses.includes('program')
        ? ''
        : `, its program is "${guest.emulator}"`
    const from = guest.ownerRelease === undefined ? '' : `, runs from release ${shortId(guest.ownerRelease)}`
    lines.push(
      `  ${danger === undefined ? output.green('safe') : output.red('dies')}  ${guest.name} (pid ${guest.identity.pid}${state === undefined ? '' : `, ${state}`}${called}${from})`,
    )
    if (danger !== undefined) lines.push(...describeDanger(danger))
  }
  for (const helper of helpers) {
    const danger = check.endangered.find((one) => one.pid === helper.identity.pid)
    const verdict = danger === undefined ? output.green('safe') : output.red('dies')
    lines.push(`  ${verdict}  ${helper.kind} ${helper.name} (pid ${helper.identity.pid})`)
    if (danger !== undefined) lines.push(...describeDanger(danger))
  }
  for (const killSet of check.killSets) {
    lines.push(
      `stopping ${killSet.containerName} ends: ${killSet.doomed.map((one) => `${one.name}(${one.pid})`).join(' ') || 'nothing'}`,
    )
  }
  const admissibility = check.admissibility
  if (admissibility !== undefined) {
    const { old, next, forward, back } = admissibility
    lines.push(
      `libvirt ${old.libvirtVersion} → ${next.libvirtVersion}, QEMU ${old.qemuVersion} → ${next.qemuVersion}: the new one ${READS[forward.readability]}; on the way back the old one ${READS[back.readability]}`,
    )
    if (admissibility.pointOfNoReturn)
      lines.push(
        output.yellow(
          'point of no return: after the switch there is no way back that keeps the guests in sight',
        ),
      )
  }
  return lines.join('\n')
}

const READS = {
  reads: 'reads the guests as they are',
  translates: 'reads them after what it does not know is taken out of their status files',
  hides: 'would not see them',
} as const

/** `remedy` in the place of those of the mechanisms. */
export function describeDanger(danger: Endangered, remedy?: string): string[] {
  return [
    ...danger.mechanisms.map(
      (mechanism) =>
        `        with ${danger.containerName}: ${MECHANISMS[mechanism].how} (${danger.evidence})`,
    ),
    `        remedy: ${remedy ?? [...new Set(danger.mechanisms.map((mechanism) => MECHANISMS[mechanism].remedy))].join('; ')}`,
  ]
}

export function describeEffect(effect: Effect): string {
  const subject = subjectOf(effect)
  const words: Record<Effect['kind'], string> = {
    pullImage: 'fetch',
    check: 'check the node',
    rescue: 'rescue endangered guests',
    recount: 'count the guests once more',
    countBack: 'count the guests that are alive',
    createContainer: 'create',
    prewarm: 'warm the capability cache of',
    disarmUnit: 'keep from acting:',
    rearmUnit: 'let act again:',
    disarm: 'take out of the boot order:',
    stopContainer: 'stop',
    standBy: 'let the next one stand by:',
    handOver: 'hand guests over to the',
    startContainer: 'start',
    awaitReady: 'wait for',
    prove: 'prove the',
    arm: 'put into the boot order:',
    commit: 'commit',
    removeContainer: 'remove',
    forget: 'forget the releases',
    prune: 'remove what is older than the release before',
  }
  const tail =
    effect.kind === 'handOver'
      ? `${subject} libvirt`
      : effect.kind === 'prove'
        ? `${subject} release`
        : subject
  return `${words[effect.kind]} ${tail}`.trim()
}

export function describeReport(report: RunReport, output: Output): string {
  const good = report.outcome === 'committed'
  const lines = [
    `${report.kind}: ${good ? output.green(report.outcome) : output.red(report.outcome)} (${shortId(report.toReleaseId)})`,
  ]
  for (const guest of report.guests) {
    const ending = report.ended.find(({ uuid, pid }) => uuid === guest.uuid && pid === guest.pid)
    lines.push(
      guest.alive || ending === undefined
        ? `  guest ${guest.name}: pid ${guest.pid}, ${guest.alive ? output.green('alive') : output.red('dead')}, ${guest.state}`
        : describeEnding(ending, output),
    )
  }
  for (const { name, pid } of report.startedMeanwhile)
    lines.push(`  guest ${name}: pid ${pid}, was started meanwhile`)
  for (const path of report.proof?.quietConsoles ?? [])
    lines.push(`  console log ${path}: quiet since the switch, and still open for writing`)
  if (report.outage !== undefined) {
    lines.push(`  libvirt did not answer for ${formatDuration(report.outage.longestGapMs)}`)
  }
  for (const failure of report.proof?.failures ?? [])
    lines.push(`  ${output.red(failure.code)}: ${failure.detail}`)
  for (const reason of [report.reason, report.secondReason]) {
    if (reason !== undefined)
      lines.push(`${reason.code}: ${reason.message}`, `remedy: ${output.remedy(reason.remedy)}`)
  }
  return lines.join('\n')
}

function describeEnding(ending: GuestEnding, output: Output): string {
  const { name, pid, kind, counts, at, detail, restartedAs } = ending
  const when = at === undefined ? '' : ` at ${at}`
  const again = restartedAs === undefined ? '' : `; it runs again as pid ${restartedAs}`
  const verdict = counts ? output.red('lost') : 'ended'
  const note =
    counts && kind !== 'unknown'
      ? ''
      : counts
        ? ' (this counts against the release)'
        : ', which does not count against the release'
  return `  guest ${name}: pid ${pid}, ${verdict}${when}: ${detail}${note}${again}`
}
