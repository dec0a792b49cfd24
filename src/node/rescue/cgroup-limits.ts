/**
 * Which limits of a cgroup move with a guest, and how several levels of them become one.
 *
 * - `upper`: a bound. A guest deep in a container was held by every level above it, so the tightest one counts.
 * - `own`: what the guest's own cgroup says, whatever lies above: weights, switches, sets.
 * - `perDevice`: one line for each device.
 *
 * Sources: Documentation/admin-guide/cgroup-v1/*.rst and cgroup-v2.rst of the kernel.
 */
export type LimitFile = Readonly<{
  file: RegExp
  kind: 'upper' | 'own' | 'perDevice'
  /** What means that there is no limit, and so need not be copied. */
  none: RegExp
  /** Stands on a scope itself, where libvirt looks for it, and not on the `libvirt` group below it. */
  onScope?: true
  /** systemd's property for it (a number): set too, so that systemd does not write its own value over it later. */
  property?: 'CPUShares' | 'CPUWeight' | 'BlockIOWeight' | 'IOWeight' | 'TasksMax'
}>

/** Order is the order of writing: `memory.memsw` may not be below `memory.limit`. */
const LIMIT_FILES: readonly LimitFile[] = [
  // v1
  { file: /^cpu\.shares$/, kind: 'own', none: /^1024$/, onScope: true, property: 'CPUShares' },
  { file: /^cpu\.cfs_period_us$/, kind: 'own', none: /^100000$/ },
  { file: /^cpu\.cfs_quota_us$/, kind: 'upper', none: /^-1$/ },
  { file: /^cpu\.rt_runtime_us$/, kind: 'own', none: /^0$/ },
  { file: /^cpuset\.cpus$/, kind: 'own', none: /^$/ },
  { file: /^cpuset\.mems$/, kind: 'own', none: /^$/ },
  { file: /^cpuset\.memory_migrate$/, kind: 'own', none: /^0$/ },
  // "No limit" is the largest multiple of the page size; a real one is far below.
  { file: /^memory\.limit_in_bytes$/, kind: 'upper', none: /^(-1|922337203\d{10,})$/ },
  { file: /^memory\.memsw\.limit_in_bytes$/, kind: 'upper', none: /^(-1|922337203\d{10,})$/ },
  { file: /^memory\.soft_limit_in_bytes$/, kind: 'upper', none: /^(-1|922337203\d{10,})$/ },
  { file: /^memory\.swappiness$/, kind: 'own', none: /^60$/ },
  { file: /^blkio\.weight$/, kind: 'own', none: /^500$/, onScope: true, property: 'BlockIOWeight' },
  { file: /^blkio\.bfq\.weight$/, kind: 'own', none: /^100$/, onScope: true },
  { file: /^blkio\.(bfq\.)?weight_device$/, kind: 'perDevice', none: /^$/, onScope: true },
  { file: /^blkio\.throttle\.(read|write)_(bps|iops)_device$/, kind: 'perDevice', none: /^$/ },
  { file: /^devices\.list$/, kind: 'own', none: /^a \*:\* rwm$/ },
  { file: /^hugetlb\.\w+\.limit_in_bytes$/, kind: 'upper', none: /^922337203\d{10,}$/ },
  { file: /^net_cls\.classid$/, kind: 'own', none: /^0$/ },
  // v1 and v2
  { file: /^pids\.max$/, kind: 'upper', none: /^max$/, onScope: true, property: 'TasksMax' },
  // v2
  { file: /^cpu\.weight$/, kind: 'own', none: /^100$/, onScope: true, property: 'CPUWeight' },
  { file: /^cpu\.max$/, kind: 'upper', none: /^max / },
  { file: /^memory\.(high|max|swap\.max)$/, kind: 'upper', none: /^max$/ },
  { file: /^memory\.(min|low)$/, kind: 'own', none: /^0$/ },
  { file: /^io\.weight$/, kind: 'own', none: /^default 100$/, onScope: true, property: 'IOWeight' },
  { file: /^io\.bfq\.weight$/, kind: 'own', none: /^default 100$/, onScope: true },
  { file: /^io\.max$/, kind: 'perDevice', none: /^$/ },
  { file: /^hugetlb\.\w+\.max$/, kind: 'upper', none: /^max$/ },
]

export function isLimitFile(name: string): boolean {
  return LIMIT_FILES.some(({ file }) => file.test(name))
}

/** File name → content, without its last newline, of one cgroup. */
export type LimitReading = Readonly<Record<string, string>>

export type Limit = Readonly<{
  file: string
  /** What to write; lines are written one by one. */
  value: string
  onScope: boolean
  property?: NonNullable<LimitFile['property']>
}>

/**
 * The limits that hold for what lies in the first of `readings`, which are ordered outwards. The first is the guest's
 * own cgroup, the others enclose it. Values that mean "no limit" are left out.
 */
export function limitsToKeep(readings: readonly LimitReading[]): readonly Limit[] {
  const limits: Limit[] = []
  const names = [...new Set(readings.flatMap((reading) => Object.keys(reading)))]
  for (const spec of LIMIT_FILES) {
    for (const file of names.filter((name) => spec.file.test(name)).toSorted()) {
      const value = valueToKeep(file, spec, readings)
      if (value === undefined) continue
      limits.push({
        file,
        value,
        onScope: spec.onScope === true,
        ...(spec.property === undefined ? {} : { property: spec.property }),
      })
    }
  }
  return limits
}

function valueToKeep(file: string, spec: LimitFile, readings: readonly LimitReading[]): string | undefined {
  const values = readings.map((reading) => reading[file])
  const limiting = values.filter((value) => value !== undefined && !spec.none.test(value)) as string[]
  switch (spec.kind) {
    case 'own': {
      // An empty set means "as above" (cgroup v2 cpuset). What stands on a scope is not on the group below it.
      const isSet = file === 'cpuset.cpus' || file === 'cpuset.mems'
      const own = isSet || spec.onScope === true ? limiting[0] : values[0]
      return own === undefined || spec.none.test(own) ? undefined : own
    }
    case 'upper':
      if (file === 'cpu.cfs_quota_us') return tightestQuota(readings)
      return limiting.toSorted((a, b) => cost(a) - cost(b))[0]
    case 'perDevice':
      return mergeLines(limiting)
  }
}

/** `cpu.max` is `quota period`: compared by the share of a CPU; everything else is a number. */
function cost(value: string): number {
  const [quota, period] = value.split(' ')
  return Number(quota) / Number(period ?? 1)
}

/** A v1 quota is of its own cgroup's period: written in terms of the innermost one, which is copied too. */
function tightestQuota(readings: readonly LimitReading[]): string | undefined {
  const period = Number(readings[0]?.['cpu.cfs_period_us'] ?? 100_000)
  const shares = readings.flatMap((reading) => {
    const quota = Number(reading['cpu.cfs_quota_us'] ?? -1)
    return quota > 0 ? [quota / Number(reading['cpu.cfs_period_us'] ?? 100_000)] : []
  })
  return shares.length === 0 ? undefined : String(Math.floor(Math.min(...shares) * period))
}

/** `8:0 1048576` lines of every level, the innermost one of each device. */
function mergeLines(values: readonly string[]): string | undefined {
  const lines = new Map<string, string>()
  for (const line of values.flatMap((value) => value.split('\n'))) {
    const device = line.split(' ')[0] ?? ''
    if (/^\d+:\d+$/.test(device) && !lines.has(device)) lines.set(device, line)
  }
  return lines.size === 0 ? undefined : [...lines.values()].join('\n')
}
