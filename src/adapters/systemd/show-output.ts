import type { ServiceUnit } from '../../node/index.ts'

/** What is asked of `systemctl show`. */
export const PROPERTIES = [
  'Id',
  'LoadState',
  'ActiveState',
  'UnitFileState',
  'Restart',
  'WantedBy',
  'RequiredBy',
  'TriggeredBy',
  'FragmentPath',
  'SourcePath',
  'Environment',
  'EnvironmentFiles',
  'ExecStartPre',
  'ExecStart',
  'ExecStartPost',
  'ExecStop',
  'ExecStopPost',
  'BoundBy',
  'PropagatesStopTo',
  'ConsistsOf',
  'RequisiteOf',
  'Requires',
  'Requisite',
  'BindsTo',
  'PartOf',
  'StopPropagatedFrom',
  'OnSuccess',
  'Wants',
  'Upholds',
  'UpheldBy',
  'StopWhenUnneeded',
  'FailureAction',
  'SuccessAction',
  'StartLimitAction',
  'JobTimeoutAction',
  'RuntimeMaxUSec',
  'DropInPaths',
  'WorkingDirectory',
  'PrivateTmp',
  'MainPID',
  'ControlGroup',
  'KillMode',
] as const

/** Values of these end the machine, or all that runs on it (systemd.unit(5)). */
const HOST_ACTIONS = ['FailureAction', 'SuccessAction', 'StartLimitAction', 'JobTimeoutAction'] as const
const ENDS_HOST = /^(reboot|poweroff|exit|halt|kexec|soft-reboot)(-|$)/

/** One unit as it was printed: a property may be there several times. */
export type Shown = Readonly<{
  values: ReadonlyMap<string, readonly string[]>
  environment: readonly (readonly [string, string])[]
  environmentFiles: readonly string[]
}>

/** `Name=value` lines, a blank line between two units. */
export function showBlocks(output: string): readonly Shown[] {
  return output
    .split(/\n{2,}/)
    .map((block) => block.split('\n').filter((line) => /^\w+=/.test(line)))
    .filter((lines) => lines.length > 0)
    .map((lines) => {
      const values = new Map<string, string[]>()
      for (const line of lines) {
        const at = line.indexOf('=')
        const name = line.slice(0, at)
        values.set(name, [...(values.get(name) ?? []), line.slice(at + 1)])
      }
      return {
        values,
        environment: assignments(values.get('Environment')?.join(' ') ?? ''),
        environmentFiles: (values.get('EnvironmentFiles') ?? []).flatMap(
          (value) => /^(\/\S+)/.exec(value)?.[1] ?? [],
        ),
      }
    })
}

export function unitFromShow(shown: Shown, variables: ReadonlyMap<string, string>): ServiceUnit {
  const text = (name: string): string => shown.values.get(name)?.[0] ?? ''
  const list = (...names: readonly string[]): readonly string[] =>
    names.flatMap((name) => text(name).split(' ')).filter((word) => word !== '')
  const commands = (...names: readonly string[]): readonly string[] =>
    names.flatMap((name) => (shown.values.get(name) ?? []).map((value) => expand(argvOf(value), variables)))
  const [mainPid, controlGroup, killMode] = [Number(text('MainPID')), text('ControlGroup'), text('KillMode')]
  const stopsWithIt = list('BoundBy', 'PropagatesStopTo')
  const restartsWithIt = list('RequiredBy', 'ConsistsOf', 'RequisiteOf')
  const stoppedWith = list('Requires', 'Requisite', 'BindsTo', 'PartOf', 'StopPropagatedFrom')
  const startsAtEnd = list('OnSuccess')
  const needs = list('Requires', 'Requisite', 'BindsTo', 'Wants', 'Upholds')
  const neededBy = list('RequiredBy', 'RequisiteOf', 'BoundBy', 'WantedBy', 'UpheldBy')
  const endsHost = HOST_ACTIONS.flatMap((name) =>
    ENDS_HOST.test(text(name)) ? [`${name}=${text(name)}`] : [],
  )
  const composeFrom = [
    // Printed with `!` before it where it may be missing.
    text('WorkingDirectory').replace(/^!/, ''),
    ...(variables.get('COMPOSE_FILE') ?? '').split(':'),
    variables.get('COMPOSE_PROJECT_NAME') ?? '',
  ].filter((place) => place !== '')
  return {
    name: text('Id'),
    activeState: text('ActiveState'),
    fileState: text('UnitFileState'),
    restart: text('Restart'),
    wantedBy: list('WantedBy', 'RequiredBy'),
    triggeredBy: list('TriggeredBy'),
    starts: commands('ExecStartPre', 'ExecStart', 'ExecStartPost'),
    stops: commands('ExecStop', 'ExecStopPost'),
    scripts: [],
    ...(mainPid > 0 ? { mainPid } : {}),
    ...(controlGroup === '' ? {} : { controlGroup }),
    ...(killMode === '' ? {} : { killMode }),
    ...(stopsWithIt.length === 0 ? {} : { stopsWithIt }),
    ...(restartsWithIt.length === 0 ? {} : { restartsWithIt }),
    ...(stoppedWith.length === 0 ? {} : { stoppedWith }),
    ...(startsAtEnd.length === 0 ? {} : { startsAtEnd }),
    ...(needs.length === 0 ? {} : { needs }),
    ...(neededBy.length === 0 ? {} : { neededBy }),
    ...(text('StopWhenUnneeded') === 'yes' ? { stopsUnneeded: true } : {}),
    ...(/^(no)?$/.test(text('PrivateTmp')) ? {} : { hasPrivateTmp: true }),
    ...(endsHost.length === 0 ? {} : { endsHost }),
    ...(/^(infinity|0)?$/.test(text('RuntimeMaxUSec')) ? {} : { endsAfter: text('RuntimeMaxUSec') }),
    ...(composeFrom.length === 0 ? {} : { composeFrom }),
    source: text('SourcePath') || text('FragmentPath'),
  }
}

/** Values of Exec lines in a unit's file: only to find the scripts that they name. */
export function commandLines(unitText: string): readonly string[] {
  return unitText
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .flatMap((line) => /^\s*Exec(?:Start|StartPre|StartPost)\s*=\s*(.*)$/.exec(line)?.[1] ?? [])
}

/** `{ path=/usr/bin/docker ; argv[]=/usr/bin/docker start -a NAME ; ignore_errors=no ; … }` */
export function argvOf(value: string): string {
  return / argv\[\]=(.*?) ; ignore_errors=/.exec(value)?.[1] ?? value
}

function expand(line: string, variables: ReadonlyMap<string, string>): string {
  return line.replaceAll(
    /\$\{(\w+)\}|\$(\w+)/g,
    (whole, braced?: string, bare?: string) => variables.get(braced ?? bare ?? '') ?? whole,
  )
}

/** `A=1 "B=two words"` */
function assignments(text: string): readonly (readonly [string, string])[] {
  const words = text.match(/"(?:[^"\\]|\\.)*"|\S+/g) ?? []
  return words.flatMap((word) => {
    const plain = word.startsWith('"') ? word.slice(1, -1) : word
    const at = plain.indexOf('=')
    return at <= 0 ? [] : [[plain.slice(0, at), plain.slice(at + 1)] as const]
  })
}

/** Paths of `DropInPaths=`: one with a backslash is printed in quotes, and the backslash twice. */
export function dropInPaths(shown: Shown): readonly string[] {
  const words =
    shown.values
      .get('DropInPaths')
      ?.join(' ')
      .match(/"(?:[^"\\]|\\.)*"|\S+/g) ?? []
  return words.map((word) => (word.startsWith('"') ? word.slice(1, -1).replaceAll(/\\(.)/g, '$1') : word))
}
