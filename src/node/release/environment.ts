import type { EnvFileFormat } from './env-file.ts'
import { raise } from './errors.ts'
import type { Lookup } from './interpolate.ts'
import { keyValues, texts } from './key-values.ts'
import { COMPOSE_LABEL } from './names.ts'
import { parseBoolean } from './quantities.ts'
import type { MapReader } from './reader.ts'
import type { Tree } from './tree.ts'
import { isList, isMap, sortedRecord, sortedSet, textOf, textsOf } from './tree.ts'

/** One entry of an `env_file`. */
export type EnvFileEntry = Readonly<{ path: string; format: EnvFileFormat; required: boolean }>

/** `env_file` entries, read: by `envFileKey`. */
export type EnvFiles = ReadonlyMap<string, ReadonlyMap<string, string>>

export function envFileKey(entry: EnvFileEntry): string {
  return `${entry.format} ${entry.path}`
}

/** The entries of an `env_file`, in order, in each of its three spellings. */
export function envFileEntries(value: Tree | undefined): readonly EnvFileEntry[] {
  const items = isList(value) ? value : value === undefined || value === null ? [] : [value]
  return items.flatMap((item) => {
    const map = isMap(item) ? item : { path: item }
    const path = textOf(map['path'])
    if (path === undefined) return []
    const format = map['format'] === 'raw' ? 'raw' : 'compose'
    return [{ path, format, required: parseBoolean(map['required']) !== false }]
  })
}

/** `env_file`s in order, then `environment` over them; a name without a value takes it from `lookup`. */
export function readEnvironment(
  service: MapReader,
  envFiles: EnvFiles,
  lookup: Lookup,
): Readonly<Record<string, string>> {
  const merged = new Map<string, string>()
  for (const entry of envFileEntries(service.get('env_file'))) {
    for (const [name, value] of envFiles.get(envFileKey(entry)) ?? []) merged.set(name, value)
  }
  const own = keyValues(service.get('environment'), service.at('environment'), service.reading)
  for (const [name, given] of Object.entries(own)) {
    const value = given ?? lookup(name)
    if (value !== undefined) {
      merged.set(name, value)
      continue
    }
    const instead = `${name}${isList(service.get('environment')) ? '=' : ': '}\${${name}:-default}`
    service.problem('environment', raise('VARIABLE_MISSING', { name, instead }))
  }
  return sortedRecord(merged)
}

/** The user's own labels. */
export function readLabels(service: MapReader): Readonly<Record<string, string>> {
  const labels = texts(service.get('labels'), service.at('labels'), service.reading)
  for (const label of Object.keys(labels)) {
    if (label.startsWith('io.anneal.')) service.problem('labels', raise('LABEL_RESERVED', { label }))
    if (COMPOSE_LABEL.test(label)) service.problem('labels', raise('LABEL_OF_COMPOSE', { label }))
  }
  return labels
}

/** `name:address`, written with a colon in both spellings of Compose. */
export function readExtraHosts(service: MapReader): readonly string[] {
  const value = service.get('extra_hosts')
  const host = (step: string | number, name: string, ip: string): readonly string[] => {
    if (name.trim() !== '' && ip.trim() !== '') return [`${name}:${bare(ip)}`]
    const data = { key: 'extra_hosts', expected: 'a name with its address', example: '"name:10.0.0.5"' }
    service.reading.problems.add([...service.at('extra_hosts'), step], raise('VALUE_INVALID', data))
    return []
  }
  if (isMap(value)) {
    return sortedSet(
      Object.entries(value).flatMap(([name, ip]) =>
        (isList(ip) && ip.length > 0 ? textsOf(ip) : [textOf(ip) ?? '']).flatMap((one) =>
          host(name, name, one),
        ),
      ),
    )
  }
  return sortedSet(
    textsOf(value).flatMap((text, index) => {
      const [, name = text, ip = ''] = /^([^:=]+)[:=](.*)$/.exec(text) ?? []
      return host(index, name, ip)
    }),
  )
}

function bare(address: string): string {
  return address.replace(/^\[(.*)\]$/, '$1')
}
