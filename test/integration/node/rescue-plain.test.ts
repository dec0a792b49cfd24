import { NEXT_IMAGE, rescueBehaviour } from './support/rescue-behaviour.ts'

rescueBehaviour({
  what: 'a host without systemd',
  spec: { name: 'rescue-plain', init: 'plain' },
  method: 'cgroups',
  faults: [
    { name: 'nothing left out', engine: 'docker', without: [] },
    { name: 'private cgroup namespace', engine: 'docker', without: ['host cgroup namespace'] },
    { name: 'no cgroup bind', engine: 'docker', without: ['cgroup bind'] },
    { name: 'no cgroup bind, libvirt 11.3', engine: 'docker', without: ['cgroup bind'], image: NEXT_IMAGE },
    { name: 'nothing left out', engine: 'podman', without: [] },
    { name: 'no cgroup bind', engine: 'podman', without: ['cgroup bind'] },
  ],
})
