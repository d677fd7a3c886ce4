/** The canvas: pans, zooms, selects; draws what the layout placed. Only what is visible is rendered. */
import '@xyflow/react/dist/base.css'
import './canvas.css'
import { Background, MiniMap, ReactFlow, ReactFlowProvider, useReactFlow, useStore, useViewport } from '@xyflow/react'
import { IconMaximize, IconMinus, IconPlus } from '@tabler/icons-react'
import { useEffect, useLayoutEffect, useRef, useState, type ReactNode } from 'react'
import { IconButton } from '../ui/controls'
import { ConnectionEdge, type ConnectionEdgeType } from './ConnectionEdge'
import type { CanvasNode } from './elements'
import { covered, laid, LEAST, STRIP, TOOLS, type Box, type Laid, type Size } from './fit'
import { EndNode, LabelNode, StartNode, StepNode } from './StepNode'
import { useStepKeys } from './useStepKeys'
import { words } from './words'

const NODE_TYPES = { step: StepNode, start: StartNode, end: EndNode, label: LabelNode }
const EDGE_TYPES = { line: ConnectionEdge }
const HOW_TO_GO = { 'node.a11yDescription.default': words.canvas.howToGo, 'node.a11yDescription.keyboardDisabled': words.canvas.howToGo }
/** The overview is drawn for this size in pixels, by where it is. */
const OVERVIEW = { over: { width: TOOLS.width, height: 136 }, below: { width: TOOLS.width, height: 60 } }

export interface CanvasProps {
  /** The flow's id: another one is fitted into view. */
  flow: string
  nodes: CanvasNode[]
  edges: ConnectionEdgeType[]
  selected: string | null
  onSelect: (key: string | null) => void
  /** The step to keep in sight, as while a conversation is followed. */
  follow: string | null
  /** Further tools beside the zoom. */
  children?: ReactNode
}

export function Canvas(props: CanvasProps) {
  return (
    <ReactFlowProvider key={props.flow}>
      <Place {...props} />
    </ReactFlowProvider>
  )
}

/** Where the canvas is: measured, and drawn for that size. */
function Place(props: CanvasProps) {
  const place = useRef<HTMLDivElement>(null)
  const [size, setSize] = useState<Size | null>(null)
  const [hidden, setHidden] = useState(false)
  // Measured before the first picture, so that the flow stands at its place in it.
  useLayoutEffect(() => {
    const box = place.current
    if (box === null) return undefined
    const measure = () => {
      const { clientWidth: width, clientHeight: height } = box
      const none = width === 0 || height === 0
      setHidden(none)
      // Behind the dock it has no size: it waits as it was.
      if (!none) setSize({ width, height })
    }
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(box)
    return () => observer.disconnect()
  }, [])
  return (
    <div className="canvas" ref={place}>
      {size && <Board {...props} size={size} follow={hidden ? null : props.follow} />}
    </div>
  )
}

function Board({ nodes, edges, selected, onSelect, follow, size, children }: CanvasProps & { size: Size }) {
  const { first, tools, fit, touch } = useFit(nodes, follow, size, Boolean(children))
  useFollow(follow, nodes, tools === 'over')
  const keys = useStepKeys(nodes, selected, onSelect)
  return (
    <>
      <div className="cv-board" {...keys}>
        <ReactFlow
          nodes={nodes}
          edges={edges}
          nodeTypes={NODE_TYPES}
          edgeTypes={EDGE_TYPES}
          onNodesChange={(changes) => {
            // Click and Enter alike: only steps can be selected.
            const chosen = changes.find((change) => change.type === 'select' && change.selected)
            if (chosen?.type === 'select') onSelect(chosen.id)
          }}
          onPaneClick={() => onSelect(null)}
          onMove={(event) => {
            if (event !== null) touch()
          }}
          defaultViewport={first}
          minZoom={LEAST}
          maxZoom={2}
          panOnScroll
          zoomOnDoubleClick={false}
          nodesDraggable={false}
          nodesConnectable={false}
          deleteKeyCode={null}
          ariaLabelConfig={HOW_TO_GO}
          onlyRenderVisibleElements
        >
          <Dots />
        </ReactFlow>
      </div>
      <div className={`cv-tools${tools === 'over' ? '' : ' below'}`} style={tools === 'over' ? { width: TOOLS.width } : { height: tools === 'below' ? STRIP.full : STRIP.bare }}>
        {tools !== 'below, bare' && <Overview style={OVERVIEW[tools]} />}
        <Zoom onFit={fit} />
        {children}
      </div>
    </>
  )
}

function Overview({ style }: { style: Size }) {
  return <MiniMap pannable style={style} ariaLabel={words.canvas.overview} nodeColor={colourOf} nodeStrokeWidth={0} nodeBorderRadius={12} maskStrokeColor="var(--accent)" maskStrokeWidth={1.5} />
}

function colourOf(node: { type?: string | undefined; data: Record<string, unknown> }): string {
  if (node.type === 'label') return 'transparent'
  if (node.type !== 'step') return 'var(--end-line)'
  const caption = node.data['caption'] as { kind: string }
  return caption.kind === 'unknown' ? 'var(--end-line)' : `var(--${caption.kind === 'call' ? 'link' : caption.kind}-line)`
}

/** The grid of dots keeps its grain when the flow is seen from far. */
function Dots() {
  const far = useStore((state) => state.transform[2] < 0.75)
  return <Background gap={far ? 40 : 20} size={far ? 2.6 : 1.5} color="var(--canvas-dot)" />
}

/** The flow's first view; another size of the canvas, as when the dock opens, makes it anew until the person has moved it. */
function useFit(nodes: CanvasNode[], follow: string | null, size: Size, more: boolean) {
  const { setViewport } = useReactFlow()
  const lay = (whole: boolean): Laid => {
    const focus = nodes.find(({ id }) => id === follow) ?? nodes.find(({ type }) => type === 'start')
    return laid(nodes.map(boxOf), focus ? boxOf(focus) : { x: 0, y: 0, width: 0, height: 0 }, size, { more, whole })
  }
  const [shown, setShown] = useState(() => lay(false))
  const [first] = useState(shown.viewport)
  const latest = useRef(lay)
  useEffect(() => {
    latest.current = lay
  })
  const touched = useRef(false)
  const { width, height } = size
  useEffect(() => {
    const next = latest.current(false)
    setShown(next)
    if (!touched.current) void setViewport(next.viewport)
  }, [width, height, more, setViewport])
  const fit = () => {
    const next = lay(true)
    touched.current = false
    setShown(next)
    void setViewport(next.viewport)
  }
  const touch = () => {
    touched.current = true
  }
  return { first, tools: shown.tools, fit, touch }
}

function boxOf({ position, width = 0, height = 0 }: CanvasNode): Box {
  return { ...position, width, height }
}

/** How near to the border a step may stand and still be in sight, in pixels of the screen. */
const MARGIN = 16

/** Brings a step that is out of sight, or below the tools that are `over` the canvas, into the middle; one in sight moves nothing. */
function useFollow(key: string | null, nodes: CanvasNode[], over: boolean): void {
  const { setCenter, getViewport, viewportInitialized } = useReactFlow()
  const width = useStore((state) => state.width)
  const height = useStore((state) => state.height)
  const node = nodes.find(({ id }) => id === key)
  const box = node && `${node.position.x} ${node.position.y} ${node.width ?? 0} ${node.height ?? 0}`
  useEffect(() => {
    if (box === undefined || !viewportInitialized) return
    const [x = 0, y = 0, wide = 0, high = 0] = box.split(' ').map(Number)
    const view = getViewport()
    const [left, top] = [x * view.zoom + view.x, y * view.zoom + view.y]
    const inSight = left >= MARGIN && top >= MARGIN && left + wide * view.zoom <= width - MARGIN && top + high * view.zoom <= height - MARGIN
    const free = !over || !covered({ x, y, width: wide, height: high }, view, { width, height })
    if (inSight && free) return
    const still = window.matchMedia('(prefers-reduced-motion: reduce)').matches
    void setCenter(x + wide / 2, y + high / 2, { zoom: view.zoom, duration: still ? 0 : 150 })
  }, [box, over, width, height, viewportInitialized, setCenter, getViewport])
}

function Zoom({ onFit }: { onFit: () => void }) {
  const { zoomIn, zoomOut } = useReactFlow()
  const { zoom } = useViewport()
  return (
    <div className="cv-bar">
      <IconButton icon={IconMinus} label={words.canvas.zoomOut} small onClick={() => void zoomOut()} />
      <span className="zoom small">{Math.round(zoom * 100)}%</span>
      <IconButton icon={IconPlus} label={words.canvas.zoomIn} small onClick={() => void zoomIn()} />
      <IconButton icon={IconMaximize} label={words.canvas.fitTheFlow} small onClick={onFit} />
    </div>
  )
}
