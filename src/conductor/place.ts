import { PLACE } from '../contract/index.ts'
import type { MachineRecord } from './machine.ts'

/** Where a machine stands in the order of its racks; undefined where nobody said. */
export function placeOf({ properties }: Pick<MachineRecord, 'properties'>): string | undefined {
  const place = properties[PLACE]
  return typeof place === 'string' && place !== '' ? place : undefined
}

const NATURAL = new Intl.Collator('en', { numeric: true })

/** Below zero where `a` goes first. Numbers count by their value: `r2/10` goes after `r2/9`. */
export function byPlace(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined)
  return NATURAL.compare(a, b)
}
