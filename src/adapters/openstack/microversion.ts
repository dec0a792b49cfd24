import { raise } from './errors.ts'

/** Of an API that grows by microversions (https://specs.openstack.org/openstack/api-wg/guidelines/microversion_specification.html). */
export type Version = readonly [major: number, minor: number]

export function isBelow(left: Version, right: Version): boolean {
  return left[0] < right[0] || (left[0] === right[0] && left[1] < right[1])
}

/** `1.82`; undefined for anything else. */
export function parseVersion(text: string): Version | undefined {
  const match = /^(\d+)\.(\d+)$/.exec(text)
  return match === null ? undefined : [Number(match[1]), Number(match[2])]
}

export function tooOld(service: string, action: string, offered: Version, needed: Version): Error {
  return raise('OPENSTACK_TOO_OLD', {
    action,
    service,
    offered: offered.join('.'),
    needed: needed.join('.'),
  })
}

/** Agrees on a version once, at the first request that needs it; after a failure the next one asks again. */
export function agreedOnce(negotiate: () => Promise<Version>): () => Promise<Version> {
  let agreed: Promise<Version> | undefined
  return () => {
    agreed ??= negotiate().catch((error: unknown) => {
      agreed = undefined
      throw error
    })
    return agreed
  }
}
