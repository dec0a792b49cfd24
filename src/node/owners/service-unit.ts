/**
 * A service of the host's systemd, as `systemctl show` tells it: what it starts, and what starts it. Values of its
 * environment are only used to read its commands; nobody is shown them.
 */
export type ServiceUnit = Readonly<{
  name: string
  /** `active`, `activating`, `inactive`, `failed`, … */
  activeState: string
  /** `enabled`, `disabled`, `static`, `generated`, …; empty where there is no file. */
  fileState: string
  /** `Restart=`: `no`, `always`, `on-failure`, … */
  restart: string
  /** Targets that want it, and timers, paths and sockets that start it. */
  wantedBy: readonly string[]
  triggeredBy: readonly string[]
  /** Command lines of ExecStartPre=, ExecStart= and ExecStartPost=. */
  starts: readonly string[]
  /** Those of ExecStop= and ExecStopPost=: they run when the container ends, whoever ended it. */
  stops: readonly string[]
  /** Pid of its main process; absent where it has none. */
  mainPid?: number
  /** Its cgroup, while it has one: below the hierarchy's root, as in /proc/PID/cgroup. */
  controlGroup?: string
  /** `KillMode=`: whom its end signals. */
  killMode?: string
  /** Units that systemd stops when this one ends: `BindsTo=` of theirs, `PropagatesStopTo=` of its own. */
  stopsWithIt?: readonly string[]
  /**
   * Units that systemd stops when it stops this one, and restarts when it restarts it: `Requires=`, `Requisite=` and `PartOf=` of
   * theirs.
   */
  restartsWithIt?: readonly string[]
  /** Units with which systemd stops this one: its own `Requires=`, `Requisite=`, `BindsTo=`, `PartOf=`. */
  stoppedWith?: readonly string[]
  /** Units that this one needs (`Requires=`, `Wants=`, `BindsTo=`, …), and those that need it: with `stopsUnneeded`. */
  needs?: readonly string[]
  neededBy?: readonly string[]
  /** systemd stops it as soon as no unit that is up needs it (`StopWhenUnneeded=`). */
  stopsUnneeded?: boolean
  /** `PrivateTmp=`: /tmp and /var/tmp of its own, which systemd removes when it ends. */
  hasPrivateTmp?: boolean
  /** What systemd does to the whole host when the unit fails, ends or is started too often: `FailureAction=reboot`. */
  endsHost?: readonly string[]
  /** `RuntimeMaxSec=`: after this time systemd ends it. */
  endsAfter?: string
  /** Units that systemd starts when this one has ended well (`OnSuccess=`, systemd 249). */
  startsAtEnd?: readonly string[]
  /** Anneal’s drop-in is in effect: nothing starts the unit, and it neither restarts nor stops its container. */
  disarmed?: boolean
  /**
   * Where a call of Compose in it finds its project when the call names none: `WorkingDirectory=`, and what COMPOSE_FILE and
   * COMPOSE_PROJECT_NAME say.
   */
  composeFrom?: readonly string[]
  /** Text of the scripts that it starts. */
  scripts: readonly string[]
  /** Where it is written: the unit's file, or what a generator made it of. */
  source: string
}>

/** Whether something of it runs, or is about to. */
export const isUp = ({ activeState }: Pick<ServiceUnit, 'activeState'>): boolean =>
  !/^(inactive|failed)$/.test(activeState)

/** Enabled, or generated (as quadlets are) and wanted by something. */
export function startsAtBoot({ fileState, wantedBy }: Pick<ServiceUnit, 'fileState' | 'wantedBy'>): boolean {
  return fileState.startsWith('enabled') || (wantedBy.length > 0 && fileState !== 'masked')
}

/** As it will be once Anneal's drop-in is in effect: it ends with its container still, and takes nobody along. */
export function disarmedUnit(unit: ServiceUnit): ServiceUnit {
  return { ...unit, disarmed: true, restart: 'no', killMode: 'process', stopsWithIt: [], restartsWithIt: [] }
}
