from .convnet import ConvNet, extract, load_convnet, save_convnet
from .learning import accuracy, train_convnet
from .library import Film, films, render, truth

__all__ = [
    "ConvNet",
    "Film",
    "accuracy",
    "extract",
    "films",
    "load_convnet",
    "render",
    "save_convnet",
    "train_convnet",
    "truth",
]
