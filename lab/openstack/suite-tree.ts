import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ensureTreePackages } from '../packages.ts'
import { REPOSITORY } from '../paths.ts'
import { packageVersions, prepareSuite } from './prepared.ts'

/** Debian suites whose OpenStack a lab can run: Ironic 21.4, 29 and whatever is newest. */
export type OpenStackSuite = 'bookworm' | 'trixie' | 'sid'
export const OPENSTACK_SUITES: readonly OpenStackSuite[] = ['bookworm', 'trixie', 'sid']

/** A root tree with the OpenStack of a suite. */
export type SuiteTree = Readonly<{
  suite: OpenStackSuite
  root: string
  /** A file with a package and its version a line. */
  packages: string
}>

/** Where OpenStack's programs are: in a suite's tree, or installed on the machine. */
export type Ground = SuiteTree | undefined

const HERE = join(REPOSITORY, 'lab/openstack/suite-tree')

/** The tree of a suite, made where it is missing or its recipe changed: a minute or two, and some 150 MB from Debian. */
export async function suiteTree(suite: OpenStackSuite): Promise<SuiteTree> {
  await ensureTreePackages()
  const directory = await prepareSuite('tree', join(HERE, 'make.sh'), suite)
  return { suite, root: join(directory, 'root'), packages: join(directory, 'packages') }
}

/** A program as it is run on `ground`, in a namespace for its mounts; `visible` directories of the machine are in the tree. */
export function onGround(
  ground: Ground,
  argv: readonly string[],
  visible: readonly string[],
): readonly string[] {
  if (ground === undefined) return argv
  const enter = ['bash', join(HERE, 'enter.sh'), ground.root, ...visible, '--']
  return ['unshare', '--mount', '--propagation', 'private', ...enter, ...argv]
}

/** A file of the system that OpenStack's programs see. */
export function groundFile(ground: Ground, path: string): string {
  return ground === undefined ? path : join(ground.root, path)
}

export function hasProgram(ground: Ground, path: string): boolean {
  return existsSync(groundFile(ground, path))
}

/** Names and versions of the packages, for `inputs` of what is prepared with them. */
export async function versionsOn(ground: Ground, packages: readonly string[]): Promise<string> {
  if (ground === undefined) return packageVersions(packages)
  return readFileSync(ground.packages, 'utf8')
}

/** A name for what is prepared with the programs of `ground`. */
export function preparedName(ground: Ground, name: string): string {
  return ground === undefined ? name : `${name}-${ground.suite}`
}
