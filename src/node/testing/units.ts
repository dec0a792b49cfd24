import type { ServiceUnit } from '../owners/index.ts'

/** The unit that kolla-ansible writes for a container: it starts the container, waits for it, and starts it again. */
export function kollaUnit(container: string, more: Partial<ServiceUnit> = {}): ServiceUnit {
  const name = `kolla-${container}-container.service`
  return {
    name,
    activeState: 'active',
    fileState: 'enabled',
    restart: 'always',
    wantedBy: ['multi-user.target'],
    triggeredBy: [],
    starts: [`/usr/bin/docker start -a ${container}`],
    stops: [`/usr/bin/docker stop ${container} -t 60`],
    scripts: [],
    source: `/etc/systemd/system/${name}`,
    ...more,
  }
}
