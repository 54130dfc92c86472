import { ChatRoom } from "./chat/room";
import { startLive } from "./live/start";
import { startDisplay } from "./page/display";
import { startFrame } from "./page/frame";

customElements.define("chat-room", ChatRoom);
startFrame();
startDisplay();
startLive();
