/** The training that runs, or the last one that failed: its state and its log. */
import type { Training } from '../api'
import { TrainingLog } from '../drawer/TrainingLog'
import { useLayout } from '../frame/layout'
import { Resizer } from '../frame/Resizer'

export function RunPanel({ training }: { training: Training }) {
  const width = useLayout((state) => state.inspector)
  return (
    <aside className="inspector" aria-label={`Training of ${training.version.name}`} style={{ width }}>
      <Resizer label="Width of the log" direction={-1} value={width} min={300} max={640} onChange={(inspector) => useLayout.setState({ inspector })} />
      <div className="run">
        <TrainingLog />
      </div>
    </aside>
  )
}
