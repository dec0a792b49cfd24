import { join, resolve } from 'node:path'

/** The repository's root, absolute. */
export const REPOSITORY = resolve(import.meta.dirname, '..')

/** Where everything the test bed makes lies: ANNEAL_LAB, or `.lab` in the repository. */
export function labDirectory(): string {
  return resolve(process.env['ANNEAL_LAB'] ?? join(REPOSITORY, '.lab'))
}

export function labPath(...parts: readonly string[]): string {
  return join(labDirectory(), ...parts)
}
