export { memoryStore } from './memory-store.ts'
export { MAC, MACHINE, SimulatedRack } from './simulated-rack.ts'
