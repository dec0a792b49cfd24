/** package-lock.json, version 3, as far as it is looked at: entries by their place, `node_modules/a/node_modules/b`. */
export type Lock = Readonly<{ packages: Readonly<Record<string, LockedPackage>> }>

export type LockedPackage = Readonly<{
  version?: string
  resolved?: string
  integrity?: string
  optionalDependencies?: Readonly<Record<string, string>>
  dev?: boolean
  optional?: boolean
  os?: readonly string[]
  cpu?: readonly string[]
  libc?: readonly string[]
}>

export type Missing = Readonly<{ by: string; name: string; version: string }>

/** Optional dependencies without a line of their own. */
export function missingFrom(lock: Lock): readonly Missing[] {
  return Object.entries(lock.packages).flatMap(([by, { optionalDependencies = {} }]) =>
    Object.entries(optionalDependencies)
      .filter(([name]) => !placesFor(by, name).some((place) => lock.packages[place] !== undefined))
      .map(([name, version]) => ({ by, name, version })),
  )
}

/** Where Node would find `name` from the package at `by`: beside it, or further up. */
function placesFor(by: string, name: string): readonly string[] {
  const parts = by.split('/node_modules/')
  const outwards = parts.map((_, index) => parts.slice(0, parts.length - index).join('/node_modules/'))
  return [
    ...outwards.map((place) => (place === '' ? `node_modules/${name}` : `${place}/node_modules/${name}`)),
    `node_modules/${name}`,
  ]
}

/**
 * The lock with a line for each. What is not known without the registry is left out: npm takes the version and
 * the platform from here, skips what is for another one, and gets the rest if it ever installs it.
 */
export function completeLock(lock: Lock): Readonly<{ completed: Lock; added: readonly string[] }> {
  const added = missingFrom(lock).map(({ by, name, version }): [string, LockedPackage] => {
    const platform = platformOf(name)
    if (platform === undefined || !/^\d+\.\d+\.\d+/.test(version)) {
      throw new Error(
        `Cannot complete package-lock.json: no platform is known for "${name}": add its line by hand`,
      )
    }
    const { os, cpu, libc } = platform
    const dev = lock.packages[by]?.dev === true
    return [
      `node_modules/${name}`,
      {
        version,
        cpu: [cpu],
        ...(dev ? { dev } : {}),
        ...(libc === undefined ? {} : { libc: [libc] }),
        optional: true,
        os: [os],
      },
    ]
  })
  const packages = Object.fromEntries(
    [...Object.entries(lock.packages), ...added].toSorted(([a], [b]) => a.localeCompare(b, 'en')),
  )
  return { completed: { ...lock, packages }, added: added.map(([place]) => place) }
}

export type Platform = Readonly<{ os: string; cpu: string; libc?: 'glibc' | 'musl' }>

/** What binary packages are for, by how they are named: `@scope/binding-linux-arm64-musl`. */
export function platformOf(name: string): Platform | undefined {
  const match =
    /(?:^|[/-])(aix|android|darwin|freebsd|linux|netbsd|openbsd|openharmony|sunos|win32)-(arm|arm64|ia32|loong64|mips64el|ppc64|riscv64|s390x|x64)(?:-(\w+))?$/.exec(
      name,
    )
  const [, os, cpu, abi] = match ?? []
  if (os === undefined || cpu === undefined) return undefined
  if (os !== 'linux' || abi === undefined) return { os, cpu }
  return { os, cpu, libc: abi.startsWith('musl') ? 'musl' : 'glibc' }
}
