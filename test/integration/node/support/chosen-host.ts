import { DEFAULT_SUITE, SUITES } from '../../../../lab/index.ts'
import type { HostSpec, NestedEngine } from '../../../../lab/index.ts'

/** `ANNEAL_TEST_ENGINE=podman` takes Podman. */
export const ENGINE: NestedEngine = process.env['ANNEAL_TEST_ENGINE'] === 'podman' ? 'podman' : 'docker'

/** `ANNEAL_TEST_SUITE=trixie` takes hosts of Debian 13, `ANNEAL_TEST_CGROUPS=v2` hosts with cgroup v2 alone. */
const SUITE = SUITES.find((one) => one === process.env['ANNEAL_TEST_SUITE']) ?? DEFAULT_SUITE
const CGROUPS = process.env['ANNEAL_TEST_CGROUPS'] === 'v2' ? 'v2' : undefined

/** The host that was chosen, with a name that no host of another kind has. */
export function chosenHost<Spec extends Omit<HostSpec, 'suite' | 'cgroups'>>(spec: Spec): Spec & HostSpec {
  return {
    ...spec,
    name: [spec.name, SUITE === DEFAULT_SUITE ? '' : SUITE, CGROUPS ?? ''].filter(Boolean).join('-'),
    suite: SUITE,
    ...(CGROUPS && { cgroups: CGROUPS }),
  }
}
