from . import datasets as datasets
from . import distributed as distributed
from . import exceptions as exceptions
from .classifiers.cnn import W2VCNNClassifier as W2VCNNClassifier
from .classifiers.lstm import W2VLSTMClassifier as W2VLSTMClassifier
from .features.indexer import W2VIndexer as W2VIndexer
from .features.token_ids import TokenIds as TokenIds
from .features.vectorizer import W2VVectorizer as W2VVectorizer
from .inspection.attribution import TokenAttribution as TokenAttribution
from .inspection.attribution import explain as explain
from .inspection.displays.attribution import TokenAttributionDisplay as TokenAttributionDisplay
from .inspection.displays.coverage import CoverageDisplay as CoverageDisplay
from .inspection.displays.training_history import TrainingHistoryDisplay as TrainingHistoryDisplay
from .inspection.displays.word_shift import WordShiftDisplay as WordShiftDisplay
from .inspection.report.page import write_report as write_report
from .inspection.word_shift import word_shift as word_shift
from .persistence.model_file import load as load
from .persistence.model_file import read_card as read_card
from .persistence.model_file import save as save
from .pipeline import make_w2v_pipeline as make_w2v_pipeline
from .pipeline import predict_iter as predict_iter
from .text.token import Token as Token
from .text.tokenizer import JapaneseTokenizer as JapaneseTokenizer
from .vectors.trainer import Word2VecTrainer as Word2VecTrainer
from .vectors.word_vectors import WordVectors as WordVectors

__version__: str
